/**
 * A member's end of the control protocol: joins, keeps the control connection, resumes on a new one when it breaks,
 * and gives the group up when the coordinator stays away. Outlives single connections; ends once.
 */
import { AppError, errorMessage, randomFraction, sleep, toAppError, withDeadline, type Clock, type GroupId, type InstanceId, type Logger, type Random, type Rank, type Timer } from '@pappus/core';
import { BarrierCalls } from './barrier-calls.ts';
import { applyForSeat, Rejection, rejectionError } from './control-handshake.ts';
import { coordinatorMessageShape, type CoordinatorMessage, type MemberMessage, type Parting, type Welcome } from './control-protocol.ts';
import { FrameChannel } from './frame-channel.ts';
import type { Address, Member } from './group.ts';
import { MAX_CONTROL_FRAME_BYTES, MAX_DETAIL_CHARS, type Timing } from './limits.ts';
import { Liveness } from './liveness.ts';
import type { MemberView } from './membership.ts';
import { formatAddress, type Connection, type Network } from './network.ts';
import { endGently } from './seat-link.ts';
import type { GroupSecret } from './secret.ts';

export interface ControlLinkOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly timing: Timing;
  readonly coordinator: Address;
  readonly group: GroupId;
  readonly secret: GroupSecret;
  readonly instance: InstanceId;
  readonly wantRank: Rank | null;
  readonly session: string;
  /** The port on which the member takes streams. */
  readonly port: number;
  readonly view: MemberView;
}

/** The control connection of the moment. */
interface Line {
  readonly connection: Connection;
  readonly channel: FrameChannel;
}

export class ControlLink {
  readonly ended: Promise<Parting>;
  readonly #options: ControlLinkOptions;
  readonly #barriers: BarrierCalls;
  readonly #abort = new AbortController();
  #resolveEnded: (parting: Parting) => void = () => {};
  #line: Line | null = null;
  /** The coordinator's, from its welcome. */
  #pace: Pick<Timing, 'heartbeatMs' | 'suspectMs'>;
  #self: Member | null = null;
  #attempt = 0;
  #lastFailure: unknown = null;
  #over = false;

  constructor(options: ControlLinkOptions) {
    this.#options = options;
    this.#pace = options.timing;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#barriers = new BarrierCalls({ clock: options.clock, answerMs: options.timing.answerMs, send: (message) => this.#send(message) });
  }

  /** Aborted when the membership is over; the reason is the error for whoever still waits. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Tries until it is welcome, rejected or aborted. */
  async join(signal: AbortSignal): Promise<Welcome> {
    for (let failures = 0; ; failures += 1) {
      try {
        const { welcome, line } = await this.#connect(this.#options.timing.joinAttemptMs * 2 ** Math.min(failures, 2), signal);
        void this.#keep(line);
        return welcome;
      } catch (error) {
        signal.throwIfAborted();
        if (isFinal(error)) throw error instanceof Rejection ? rejectionError(error) : error;
        this.#lastFailure = error;
      }
      await this.#backOff(failures, signal);
    }
  }

  /** What `join` threw, with the last failure when it ran out of time. */
  explain(thrown: unknown): unknown {
    if (this.#lastFailure === null || !(thrown instanceof AppError) || thrown.code !== 'deadline-exceeded') return thrown;
    const message = `${thrown.message}; the last attempt failed with: ${errorMessage(this.#lastFailure)}`;
    return new AppError('deadline-exceeded', message, { cause: this.#lastFailure, retryable: true });
  }

  barrier(name: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    return this.#barriers.enter(name, timeoutMs, AbortSignal.any([signal, this.signal]));
  }

  /** Says why and waits, but not long, until the coordinator knows. Idempotent. */
  async leave(parting: Parting): Promise<void> {
    if (this.#over) return;
    const { clock, timing } = this.#options;
    this.#send({ type: 'leave', reason: parting.reason, detail: parting.detail.slice(0, MAX_DETAIL_CHARS) });
    const line = this.#line;
    if (line !== null) {
      const closed = new Promise<void>((resolve) => void line.connection.stream.once('close', resolve));
      const waiting = withDeadline({ clock, timeoutMs: timing.lingerMs, waitingFor: 'the farewell' }, () => Promise.race([closed, this.ended.then(() => {})]));
      await waiting.catch(() => {}); // it left all the same: the coordinator sees the connection end
    }
    this.#end(parting);
  }

  async #backOff(failures: number, signal: AbortSignal): Promise<void> {
    const { clock, random, timing } = this.#options;
    const ceilingMs = Math.min(timing.maxBackoffMs, timing.minBackoffMs * 2 ** Math.min(failures, 16));
    await sleep(clock, ceilingMs * (0.5 + 0.5 * randomFraction(random)), signal);
  }

  /** One attempt at a control connection, up to the welcome. */
  async #connect(timeoutMs: number, signal: AbortSignal): Promise<{ readonly welcome: Welcome; readonly line: Line }> {
    const { network, clock, coordinator } = this.#options;
    const waitingFor = `the coordinator at ${formatAddress(coordinator)}`;
    return withDeadline({ clock, timeoutMs, waitingFor, signal }, async (attemptSignal) => {
      const connection = await network.connect(coordinator, attemptSignal);
      const onAbort = (): void => connection.reset();
      attemptSignal.addEventListener('abort', onAbort, { once: true });
      const channel = new FrameChannel(connection.stream);
      try {
        const welcome = await this.#apply(channel);
        attemptSignal.throwIfAborted();
        this.#install(welcome, { connection, channel });
        return { welcome, line: { connection, channel } };
      } catch (error) {
        connection.reset();
        throw error;
      } finally {
        attemptSignal.removeEventListener('abort', onAbort);
      }
    });
  }

  #apply(channel: FrameChannel): Promise<Welcome> {
    const { wantRank, session, port, view, instance } = this.#options;
    this.#attempt += 1;
    const self = this.#self;
    const resume = self === null ? null : { rank: self.rank, generation: self.generation, revision: view.revision };
    return applyForSeat(channel, this.#options, instance, { session, attempt: this.#attempt, wantRank, port, resume });
  }

  #install(welcome: Welcome, line: Line): void {
    const { rank, generation, address } = welcome;
    const isFirst = this.#self === null;
    this.#self ??= { rank, generation, id: this.#options.instance, address };
    this.#options.view.learn(welcome.news);
    this.#line = line;
    this.#pace = { heartbeatMs: welcome.heartbeatMs, suspectMs: welcome.suspectMs };
    this.#barriers.repeat();
    if (!isFirst) this.#options.logger.log('info', 'resumed the control connection', { rank, attempt: this.#attempt });
  }

  /** Reads the line; when it breaks, gets a new one. Ends with the membership. */
  async #keep(first: Line): Promise<void> {
    let line: Line | null = first;
    while (line !== null && !this.#over) {
      const detail = await this.#serve(line);
      this.#line = null;
      if (this.#over) return;
      this.#options.logger.log('warn', 'lost the control connection', { detail });
      line = await this.#resume(detail);
    }
  }

  async #resume(why: string): Promise<Line | null> {
    const { clock, timing, coordinator } = this.#options;
    const waitingFor = `a new control connection to ${formatAddress(coordinator)}`;
    try {
      return await withDeadline({ clock, timeoutMs: timing.giveUpMs, waitingFor, signal: this.signal }, (signal) => this.#reconnect(signal));
    } catch (error) {
      const detail = error instanceof Rejection ? `the coordinator no longer knows this member: ${error.message}` : `no contact to the coordinator: ${why}; ${errorMessage(error)}`;
      this.#end({ reason: 'lost', detail }); // nothing when the membership is over anyway
      return null;
    }
  }

  async #reconnect(signal: AbortSignal): Promise<Line> {
    for (let failures = 0; ; failures += 1) {
      try {
        return (await this.#connect(this.#options.timing.resumeAttemptMs * 2 ** Math.min(failures, 2), signal)).line;
      } catch (error) {
        if (error instanceof Rejection && error.reason !== 'superseded') throw error;
      }
      await this.#backOff(failures, signal);
    }
  }

  /** Serves one line until it is dead; says why. */
  async #serve({ connection, channel }: Line): Promise<string> {
    const { clock } = this.#options;
    const { heartbeatMs, suspectMs } = this.#pace;
    const liveness = new Liveness({ clock, silenceMs: suspectMs, stallMs: heartbeatMs, onSilent: () => connection.reset() });
    let heartbeat: Timer | null = null;
    const beat = (): void => {
      if (!channel.send({ type: 'heartbeat' })) connection.reset();
      heartbeat = clock.schedule(heartbeatMs, beat, { background: true });
    };
    beat();
    try {
      while (!this.#over) {
        const message = await channel.receive(coordinatorMessageShape, MAX_CONTROL_FRAME_BYTES);
        liveness.heard();
        if (message === null) return 'the coordinator ended the connection';
        this.#handle(message);
      }
      return 'over';
    } catch (error) {
      return toAppError(error).message;
    } finally {
      liveness.stop();
      (heartbeat as Timer | null)?.cancel();
      if (!this.#over) connection.reset();
    }
  }

  #handle(message: CoordinatorMessage): void {
    switch (message.type) {
      case 'heartbeat':
        return;
      case 'change':
        return this.#options.view.apply(message.change);
      case 'outcome':
        return this.#barriers.settle(message.request, message.missing);
      case 'farewell':
        return this.#end({ reason: message.reason, detail: message.detail });
    }
  }

  #send(message: MemberMessage): void {
    if (this.#line !== null && !this.#line.channel.send(message)) this.#line.connection.reset();
  }

  #end(parting: Parting): void {
    if (this.#over) return;
    this.#over = true;
    const { clock, timing, group } = this.#options;
    if (this.#line !== null) endGently(this.#line.connection, clock, timing.lingerMs);
    this.#abort.abort(partingError(group, this.#self, parting));
    this.#resolveEnded(parting);
  }
}

/** Nothing that another attempt would change. */
function isFinal(error: unknown): boolean {
  if (error instanceof Rejection) return error.reason !== 'superseded';
  return error instanceof AppError && (error.code === 'permission-denied' || error.code === 'protocol');
}

function partingError(group: GroupId, self: Member | null, { reason, detail }: Parting): AppError {
  const who = self === null ? 'this member' : `rank ${self.rank}`;
  const code = reason === 'lost' ? 'worker-lost' : 'cancelled';
  return new AppError(code, `${who} is no longer part of group ${group} (${reason}): ${detail}`);
}
