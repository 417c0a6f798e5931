/** The coordinator's end of one member's control connection, after the handshake. */
import { AppError, errorMessage, type Clock, type Logger, type Timer } from '@pappus/core';
import { memberMessageShape, type CoordinatorMessage, type MemberMessage, type Parting } from './control-protocol.ts';
import type { FrameChannel } from './frame-channel.ts';
import type { Member } from './group.ts';
import { MAX_CONTROL_FRAME_BYTES, type Timing } from './limits.ts';
import { Liveness } from './liveness.ts';
import type { Connection } from './network.ts';

/** How a control connection came to its end, when the coordinator did not end it. */
export type LinkEnd = 'ended' | 'broken' | 'silent';

export interface SeatLinkOptions {
  readonly member: Member;
  readonly connection: Connection;
  readonly channel: FrameChannel;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly timing: Timing;
  readonly onMessage: (message: MemberMessage) => void;
  /** Called once, unless `close` or `abandon` came first. */
  readonly onEnd: (end: LinkEnd, detail: string) => void;
}

export class SeatLink {
  readonly #options: SeatLinkOptions;
  readonly #liveness: Liveness;
  #heartbeat: Timer | null = null;
  #open = true;

  constructor(options: SeatLinkOptions) {
    const { clock, timing } = options;
    this.#options = options;
    const onSilent = (): void => this.#end('silent', `nothing was heard from it for ${timing.silenceMs} ms`);
    this.#liveness = new Liveness({ clock, silenceMs: timing.silenceMs, stallMs: timing.heartbeatMs, onSilent });
    this.#beat();
    void this.#read();
  }

  send(message: CoordinatorMessage): void {
    if (this.#open && !this.#options.channel.send(message)) this.#end('broken', 'it does not read what it is sent');
  }

  /** Drops the connection because a newer one took its place. */
  abandon(): void {
    this.#stop();
    this.#options.connection.reset();
  }

  /** Says farewell; the connection is cut when the member has not closed it soon. */
  close(parting: Parting): void {
    const { connection, clock, timing } = this.#options;
    this.send({ type: 'farewell', ...parting });
    this.#stop();
    endGently(connection, clock, timing.lingerMs);
  }

  async #read(): Promise<void> {
    const { channel, onMessage, logger } = this.#options;
    try {
      while (this.#open) {
        const message = await channel.receive(memberMessageShape, MAX_CONTROL_FRAME_BYTES);
        this.#liveness.heard();
        if (message === null) return this.#end('ended', 'its process ended');
        if (this.#open) onMessage(message);
      }
    } catch (error) {
      if (this.#open && error instanceof AppError && error.code === 'protocol') logger.log('warn', 'a member broke the protocol', { detail: error.message });
      this.#end('broken', `its control connection broke: ${errorMessage(error)}`);
    }
  }

  #beat(): void {
    const { clock, timing } = this.#options;
    const next = (): void => {
      this.send({ type: 'heartbeat' });
      if (this.#open) this.#beat();
    };
    this.#heartbeat = clock.schedule(timing.heartbeatMs, next, { background: true });
  }

  #end(end: LinkEnd, detail: string): void {
    if (!this.#open) return;
    this.#stop();
    this.#options.connection.reset();
    this.#options.onEnd(end, detail);
  }

  #stop(): void {
    this.#open = false;
    this.#liveness.stop();
    this.#heartbeat?.cancel();
  }
}

/** Lets what was written arrive, then ends: after `lingerMs` whatever the other side does. */
export function endGently(connection: Connection, clock: Clock, lingerMs: number): void {
  const { stream } = connection;
  if (stream.destroyed) return;
  const timer = clock.schedule(lingerMs, () => connection.reset(), { background: true });
  stream.once('close', () => timer.cancel());
  stream.end();
  stream.removeAllListeners('readable'); // from here on what comes is thrown away:
  stream.resume(); // left unread, it would turn the end into a reset
}
