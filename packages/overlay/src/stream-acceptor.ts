/** A member's listener: takes direct streams, checks who dials, and hands them to the listener of their port. */
import type { Duplex } from 'node:stream';
import { AppError, assert, randomHex, withDeadline, type Clock, type GroupId, type Logger, type Random } from '@pappus/core';
import { FrameChannel } from './frame-channel.ts';
import type { Address, IncomingStream, Member } from './group.ts';
import { HandshakeGate } from './handshake-gate.ts';
import { MAX_HANDSHAKE_FRAME_BYTES, MAX_PARKED_STREAMS, MAX_PORT, type Timing } from './limits.ts';
import type { MemberView } from './membership.ts';
import type { Connection, Listener, Network } from './network.ts';
import { decodePreamble, PREAMBLE_BYTES, PROTOCOL_VERSION } from './preamble.ts';
import { endGently } from './seat-link.ts';
import { isProven, NONCE_BYTES, prove, type GroupSecret } from './secret.ts';
import { openShape, Refusal, streamAnswerShape, streamFacts, type Accepted, type Open, type Refused, type StreamChallenge } from './stream-protocol.ts';
import type { StreamTable } from './stream-table.ts';

export interface StreamAcceptorOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly timing: Timing;
  readonly group: GroupId;
  readonly secret: GroupSecret;
  readonly view: MemberView;
  readonly streams: StreamTable;
  /** Known once the coordinator has welcomed this member; peers may dial before. */
  readonly self: Promise<Member>;
}

type OnStream = (incoming: IncomingStream) => void;

interface Proven {
  readonly open: Open;
  readonly proof: string;
}

export class StreamAcceptor {
  readonly #options: StreamAcceptorOptions;
  readonly #gate: HandshakeGate;
  readonly #ports = new Map<number, OnStream>();
  readonly #parked = new Set<{ readonly port: number; readonly wake: (onStream: OnStream) => void }>();
  readonly #stop = new AbortController();
  #listener: Listener | null = null;

  constructor(options: StreamAcceptorOptions) {
    const { clock, logger, timing } = options;
    this.#options = options;
    this.#gate = new HandshakeGate({ clock, logger, timeoutMs: timing.handshakeMs, what: 'stream connection' });
  }

  async start(at: Address): Promise<Address> {
    this.#listener = await this.#options.network.listen(at, (connection) => void this.#accept(connection));
    return this.#listener.address;
  }

  listen(port: number, onStream: OnStream): () => void {
    assert(Number.isInteger(port) && port >= 0 && port <= MAX_PORT, `${port} is no port`);
    assert(!this.#ports.has(port), `this member already listens on port ${port}`);
    this.#ports.set(port, onStream);
    for (const parked of this.#parked) if (parked.port === port) parked.wake(onStream);
    return () => {
      if (this.#ports.get(port) === onStream) this.#ports.delete(port);
    };
  }

  /** Idempotent. Streams that were handed out stay. */
  async close(): Promise<void> {
    this.#stop.abort(new AppError('cancelled', 'the member left its group'));
    this.#gate.close();
    await this.#listener?.close();
  }

  async #accept(connection: Connection): Promise<void> {
    if (this.#stop.signal.aborted) return connection.reset();
    const { clock, timing, logger } = this.#options;
    const channel = new FrameChannel(connection.stream);
    let deliver: () => void;
    try {
      const proven = await this.#gate.run(connection, () => this.#handshake(channel).catch((error: unknown) => asRefusal(error)));
      if (proven === null) return;
      if (proven instanceof Refusal) throw proven;
      const onStream = this.#ports.get(proven.open.port) ?? (await this.#park(proven.open.port));
      deliver = this.#handOver(connection.stream, channel, proven, onStream);
    } catch (error) {
      if (!(error instanceof Refusal)) return connection.reset();
      channel.send({ type: 'refused', reason: error.reason, detail: error.detail } satisfies Refused);
      endGently(connection, clock, timing.lingerMs);
      return logger.log('debug', 'refused a stream', { host: connection.remote.host, reason: error.reason, detail: error.detail });
    }
    deliver(); // outside: an error of the listener's own is nobody's to swallow
  }

  async #handshake(channel: FrameChannel): Promise<Proven> {
    const { random, secret } = this.#options;
    const version = decodePreamble(await channel.receiveBytes(PREAMBLE_BYTES), 'stream');
    if (version !== PROTOCOL_VERSION) throw new Refusal('wrong-version', `version ${version} where ${PROTOCOL_VERSION} is spoken`);
    const open = present(await channel.receive(openShape, MAX_HANDSHAKE_FRAME_BYTES));
    this.#checkParties(open, await this.#options.self);
    const challenge: StreamChallenge = { type: 'challenge', nonce: randomHex(random, NONCE_BYTES) };
    channel.send(challenge);
    const { proof } = present(await channel.receive(streamAnswerShape, MAX_HANDSHAKE_FRAME_BYTES));
    const facts = streamFacts(open, challenge);
    if (!isProven(proof, secret, 'dialer', facts)) throw new Refusal('wrong-secret', 'the proof of the secret is wrong');
    return { open, proof: prove(secret, 'acceptor', facts) };
  }

  #checkParties({ group, from, to }: Open, self: Member): void {
    if (group !== this.#options.group) throw new Refusal('wrong-group', `this is no member of group ${group}`);
    if (to.rank !== self.rank || to.generation !== self.generation) {
      throw new Refusal('stale', `this is rank ${self.rank} in generation ${self.generation}, not rank ${to.rank} in generation ${to.generation}`);
    }
    if (this.#options.view.isGone(from.rank, from.generation)) throw new Refusal('stale', `rank ${from.rank} in generation ${from.generation} left the group`);
  }

  /** Waits a moment for somebody to listen on the port. */
  async #park(port: number): Promise<OnStream> {
    if (this.#parked.size >= MAX_PARKED_STREAMS) throw new Refusal('overloaded', `${MAX_PARKED_STREAMS} streams already wait for a listener`);
    const { clock, timing } = this.#options;
    const waitingFor = `a listener on port ${port}`;
    let parked: { readonly port: number; readonly wake: (onStream: OnStream) => void } | null = null;
    try {
      return await withDeadline({ clock, timeoutMs: timing.listenWaitMs, waitingFor, signal: this.#stop.signal }, () => {
        const { promise, resolve } = Promise.withResolvers<OnStream>();
        parked = { port, wake: resolve };
        this.#parked.add(parked);
        return promise;
      });
    } catch (error) {
      if (this.#stop.signal.aborted) throw error;
      throw new Refusal('nobody-listens', `nobody listens on port ${port}`);
    } finally {
      if (parked !== null) this.#parked.delete(parked);
    }
  }

  #handOver(stream: Duplex, channel: FrameChannel, { open, proof }: Proven, onStream: OnStream): () => void {
    if (stream.destroyed) return () => {}; // the dialer did not wait
    if (!this.#options.streams.add(stream, open.from)) throw new Refusal('overloaded', 'this member has too many open streams');
    channel.send({ type: 'accepted', proof } satisfies Accepted);
    return () => onStream({ stream: channel.release(), from: open.from.rank });
  }
}

/** A refusal is an answer for a peer; anything else is a stranger for the gate to drop. */
function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  throw error;
}

function present<T>(message: T | null): T {
  if (message !== null) return message;
  throw new AppError('unavailable', 'the dialer ended the connection during the handshake');
}
