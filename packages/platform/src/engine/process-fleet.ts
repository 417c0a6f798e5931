/**
 * The engine processes: those that serve, and one that is warm for the moment when one of them dies. Keeps as many as it
 * was told to, and starts new ones at a slower and slower pace when they don't come up.
 */
import type { Clock, Logger, Timer } from '@pappus/core';
import { EngineProcess, type EngineProcessOptions, type ProcessEvents } from './engine-process.ts';
import { FIRST_RESTART_DELAY_MS, MAX_FAILED_STARTS, MAX_RESTART_DELAY_MS, MIN_UNUSED_CHANNELS } from './limits.ts';
import type { ThreadLink } from './thread-link.ts';

export interface FleetOptions {
  readonly serving: number;
  readonly spares: number;
  readonly process: Omit<EngineProcessOptions, 'events'>;
  readonly events: ProcessEvents;
  /** Processes or threads came or went. */
  readonly changed: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class ProcessFleet {
  readonly #options: FleetOptions;
  /** In the order of their starts: the first that are ready serve. */
  readonly #processes: EngineProcess[] = [];
  readonly #events: ProcessEvents;
  #failedStarts = 0;
  #restart: Timer | null = null;
  #stopping = false;
  #lost = 0;
  #lastProblem = '';

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#events = {
      ...options.events,
      ready: (link) => this.#threadReady(link),
      died: (process, why) => this.#died(process, why),
      threadEnded: (process, link, end) => {
        // One that did not even come up would not the next time either.
        if (!link.usable) return process.kill(`a thread did not come up: ${end.message}`);
        options.events.threadEnded(process, link, end);
        this.#replaceThread(process);
      },
    };
  }

  /** Processes that died without being told to. */
  get lost(): number {
    return this.#lost;
  }

  /** Why none is there and none comes up, or null. */
  get hopeless(): string | null {
    return this.#failedStarts >= MAX_FAILED_STARTS && !this.#processes.some((process) => process.ready) ? this.#lastProblem : null;
  }

  /** Starts what is missing. Spares wait until what serves is up, so that they don't slow it down. */
  fill(): void {
    if (this.#stopping || this.#restart !== null) return;
    const { serving, spares } = this.#options;
    const usable = this.#processes.filter((process) => !process.draining);
    const wanted = usable.filter((process) => process.ready).length >= serving ? serving + spares : serving;
    for (let missing = wanted - usable.length; missing > 0; missing--) this.#start();
  }

  /** Threads in the order in which they should work: those of the serving processes, the first of each first, then those of the spares. */
  usableThreads(): readonly ThreadLink[] {
    const usable = this.#processes.filter((process) => !process.dead && process.usableThreads() > 0);
    // What is coming up or going serves only as long as there is nothing better.
    const ordered = usable.toSorted((a, b) => standing(a) - standing(b));
    const { serving } = this.#options;
    return [...interleaved(ordered.slice(0, serving)), ...interleaved(ordered.slice(serving))];
  }

  /** Those of them whose process has nothing to do, the last to serve first. */
  idleThreads(): readonly ThreadLink[] {
    const isIdle = (link: ThreadLink): boolean => [...(this.processOf(link)?.links.values() ?? [])].every(({ outstanding }) => outstanding === 0);
    return this.usableThreads().filter(isIdle).toReversed();
  }

  /** Threads beside which a task runs that is to run alone. */
  reservedThreads(): ReadonlySet<ThreadLink> {
    return new Set(this.#processes.flatMap((process) => {
      const links = [...process.links.values()];
      return links.some(({ runsAlone }) => runsAlone) ? links : [];
    }));
  }

  /** Ends the draining processes that have nothing to do any more. */
  endIdle(): void {
    if (!this.#processes.some((process) => process.draining)) return;
    const fresh = this.#processes.filter((process) => process.ready && !process.draining).length;
    if (fresh < this.#options.serving) return;
    for (const process of [...this.#processes]) {
      if (process.draining && [...process.links.values()].every((link) => link.outstanding === 0)) {
        this.#remove(process);
        void process.end();
      }
    }
  }

  processOf(link: ThreadLink): EngineProcess | null {
    return this.#processes.find((process) => process.links.get(link.channel) === link) ?? null;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#restart?.cancel();
    await Promise.all(this.#processes.map((process) => process.end()));
  }

  #start(): void {
    this.#processes.push(new EngineProcess({ ...this.#options.process, events: this.#events }));
  }

  #threadReady(link: ThreadLink): void {
    if (this.processOf(link)?.ready === true) {
      this.#failedStarts = 0;
      this.fill();
    }
    this.#options.events.ready(link);
    this.#options.changed();
  }

  /** A thread is never started again on its channel, so that a process is used up at some time. */
  #replaceThread(process: EngineProcess): void {
    if (this.#stopping || process.dead) return;
    process.startThread();
    if (process.unusedChannels < MIN_UNUSED_CHANNELS && !process.draining) {
      process.draining = true;
      this.#options.logger.log('info', 'an engine process is replaced: many of its threads were ended', { pid: process.pid ?? 0 });
      this.fill();
    }
    this.#options.changed();
  }

  #died(process: EngineProcess, why: string): void {
    const wasUp = process.usableThreads() > 0;
    this.#lastProblem = why;
    this.#remove(process);
    if (!this.#stopping && !process.draining) this.#lost += 1;
    this.#options.events.died(process, why);
    if (this.#stopping) return;
    if (wasUp) this.fill();
    else this.#restartLater();
    this.#options.changed();
  }

  #restartLater(): void {
    this.#failedStarts += 1;
    if (this.#restart !== null) return;
    const delayMs = Math.min(MAX_RESTART_DELAY_MS, FIRST_RESTART_DELAY_MS * 2 ** (this.#failedStarts - 1));
    this.#restart = this.#options.clock.schedule(delayMs, () => {
      this.#restart = null;
      this.fill();
    });
  }

  #remove(process: EngineProcess): void {
    const at = this.#processes.indexOf(process);
    if (at >= 0) this.#processes.splice(at, 1);
  }
}

const standing = (process: EngineProcess): number => (process.draining ? 2 : process.ready ? 0 : 1);

function interleaved(processes: readonly EngineProcess[]): readonly ThreadLink[] {
  const columns = processes.map((process) => [...process.links.values()].filter((link) => link.usable));
  const most = Math.max(0, ...columns.map((column) => column.length));
  const links: ThreadLink[] = [];
  for (let row = 0; row < most; row++) {
    for (const column of columns) {
      const link = column[row];
      if (link !== undefined) links.push(link);
    }
  }
  return links;
}
