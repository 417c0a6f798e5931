/** Logs what strangers do to a listener: once per kind and host in a minute, so that a scanner cannot flood the log. */
import type { Clock, Logger } from '@pappus/core';
import { INCIDENT_INTERVAL_MS, MAX_INCIDENT_KINDS } from './limits.ts';

interface Incident {
  readonly loggedAtMs: number;
  unlogged: number;
}

export class IncidentLog {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #incidents = new Map<string, Incident>();

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  report(message: string, host: string, detail: string): void {
    const key = `${message} ${host}`;
    const now = this.#clock.nowMs();
    const earlier = this.#incidents.get(key);
    if (earlier !== undefined && now - earlier.loggedAtMs < INCIDENT_INTERVAL_MS) {
      earlier.unlogged += 1;
      return;
    }
    this.#incidents.delete(key); // to the end of the map's order
    this.#incidents.set(key, { loggedAtMs: now, unlogged: 0 });
    const [oldest] = this.#incidents.keys();
    if (this.#incidents.size > MAX_INCIDENT_KINDS && oldest !== undefined) this.#incidents.delete(oldest);
    this.#logger.log('warn', message, { host, detail, alsoHappened: earlier?.unlogged ?? 0 });
  }
}
