/**
 * Hosts in one process with TCP-like connections between them, on a simulated clock. Faults come from a seeded
 * random: attempts that are refused or vanish, connections that break, hosts that die, partitions. Streams are
 * reliable, as TCP is: loss shows as delay, reset or silence, duplication as attempts that one side gave up and the
 * other still sees.
 */
import { randomFraction, randomInt, type Clock, type Random } from '@pappus/core';
import type { TestAddress, TestConnection, TestListener, TestNetwork } from './network-interface.ts';
import { SimulatedStream } from './simulated-stream.ts';

/** Probabilities from 0 to 1. */
export interface Faults {
  /** A connection attempt is refused. */
  readonly refuse: number;
  /** A connection attempt is never answered. */
  readonly lose: number;
  /** The other side accepts, but the one who connects never hears of it. */
  readonly loseAnswer: number;
  /** A connection breaks within `breakWithinMs`, seen by both ends at different times. */
  readonly breakConnection: number;
  readonly breakWithinMs: number;
}

export const NO_FAULTS: Faults = { refuse: 0, lose: 0, loseAnswer: 0, breakConnection: 0, breakWithinMs: 0 };

export interface SimulatedNetworkOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly minLatencyMs?: number;
  readonly maxLatencyMs?: number;
  readonly faults?: Faults;
}

/** `killed`: the kernel closes the process's sockets. `silent`: nothing is heard of the host any more. */
export type Death = 'killed' | 'silent';

interface Host {
  readonly name: string;
  readonly listeners: Map<number, (connection: TestConnection) => void>;
  readonly streams: Set<SimulatedStream>;
  nextPort: number;
  death: Death | null;
}

/** One direction of a connection. */
interface Lane {
  readonly from: Host;
  readonly to: Host;
  lastArrivalMs: number;
  /** What arrived while the hosts were cut off from each other. */
  readonly held: (() => void)[];
}

const FIRST_EPHEMERAL_PORT = 49_152;

export class SimulatedNetwork {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #latencyMs: readonly [number, number];
  readonly #hosts = new Map<string, Host>();
  readonly #cuts = new Set<string>();
  readonly #lanes = new Set<Lane>();
  #faults: Faults;

  constructor({ clock, random, minLatencyMs = 0.2, maxLatencyMs = 5, faults = NO_FAULTS }: SimulatedNetworkOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#latencyMs = [minLatencyMs, maxLatencyMs];
    this.#faults = faults;
  }

  /** The network as the host of this name sees it. */
  host(name: string): TestNetwork {
    const host = this.#host(name);
    return {
      listen: (at, onConnection) => this.#listen(host, at, onConnection),
      connect: (to, signal) => this.#connect(host, to, signal),
    };
  }

  set faults(faults: Faults) {
    this.#faults = faults;
  }

  /** Ends the host for good. */
  crash(name: string, death: Death): void {
    const host = this.#host(name);
    const streams = [...host.streams];
    host.listeners.clear();
    for (const stream of streams) {
      if (death === 'killed') stream.destroy();
      else stream.vanish();
    }
    host.death = death;
  }

  /** Holds back everything between two hosts until `heal`. */
  cut(one: string, other: string): void {
    this.#cuts.add(cutKey(one, other));
  }

  heal(): void {
    this.#cuts.clear();
    for (const lane of this.#lanes) for (const arrive of lane.held.splice(0)) this.#after(lane, arrive);
  }

  #host(name: string): Host {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    const host: Host = { name, listeners: new Map(), streams: new Set(), nextPort: FIRST_EPHEMERAL_PORT, death: null };
    this.#hosts.set(name, host);
    return host;
  }

  async #listen(host: Host, at: TestAddress, onConnection: (connection: TestConnection) => void): Promise<TestListener> {
    const port = at.port === 0 ? host.nextPort++ : at.port;
    if (host.listeners.has(port)) throw systemError('EADDRINUSE', 'listen');
    host.listeners.set(port, onConnection);
    return { address: { host: host.name, port }, close: async () => void host.listeners.delete(port) };
  }

  #connect(from: Host, to: TestAddress, signal: AbortSignal): Promise<TestConnection> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const attempt = { opened: null as SimulatedStream | null };
      const onAbort = (): void => {
        attempt.opened?.reset();
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const settle = (finish: () => void): void => {
        signal.removeEventListener('abort', onAbort);
        finish();
      };
      this.#dial(from, this.#host(to.host), to.port, attempt, (outcome) => {
        if (signal.aborted) return;
        settle(() => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
      });
    });
  }

  #dial(from: Host, to: Host, port: number, attempt: { opened: SimulatedStream | null }, done: (outcome: TestConnection | Error) => void): void {
    const { refuse, lose, loseAnswer } = this.#faults;
    if (this.#happens(lose)) return;
    const there: Lane = this.#lane(from, to);
    this.#after(there, () => {
      if (from.death !== null || to.death === 'silent') return;
      const onConnection = to.listeners.get(port);
      const back = this.#lane(to, from);
      if (onConnection === undefined || this.#happens(refuse)) return this.#after(back, () => done(systemError('ECONNREFUSED', 'connect')));
      const local = { host: from.name, port: from.nextPort++ };
      const [mine, theirs] = this.#pair(there, back);
      attempt.opened = mine;
      onConnection(asConnection(theirs, { host: to.name, port }, local));
      if (!this.#happens(loseAnswer)) this.#after(back, () => done(asConnection(mine, local, { host: to.name, port })));
    });
  }

  #pair(there: Lane, back: Lane): readonly [SimulatedStream, SimulatedStream] {
    const make = (lane: Lane): SimulatedStream => {
      const stream: SimulatedStream = new SimulatedStream({
        carry: (arrive) => this.#after(lane, arrive),
        split: (bytes) => this.#split(bytes),
        onClose: () => lane.from.streams.delete(stream),
      });
      lane.from.streams.add(stream);
      return stream;
    };
    const mine = make(there);
    const theirs = make(back);
    SimulatedStream.join(mine, theirs);
    const { breakConnection, breakWithinMs } = this.#faults;
    if (this.#happens(breakConnection)) {
      const victim = this.#happens(0.5) ? mine : theirs;
      this.#clock.schedule(randomFraction(this.#random) * breakWithinMs, () => victim.reset());
    }
    return [mine, theirs];
  }

  #lane(from: Host, to: Host): Lane {
    const lane: Lane = { from, to, lastArrivalMs: 0, held: [] };
    this.#lanes.add(lane);
    return lane;
  }

  /** Arrives after a delay, in order; not at all when a host is dead or dies silently. */
  #after(lane: Lane, arrive: () => void): void {
    if (lane.from.death !== null) return;
    const [minMs, maxMs] = this.#latencyMs;
    const atMs = Math.max(lane.lastArrivalMs, this.#clock.nowMs() + minMs + randomFraction(this.#random) * (maxMs - minMs));
    lane.lastArrivalMs = atMs;
    this.#clock.schedule(atMs - this.#clock.nowMs(), () => {
      if (lane.from.death === 'silent' || lane.to.death !== null) return;
      if (this.#cuts.has(cutKey(lane.from.name, lane.to.name)) || lane.held.length > 0) lane.held.push(arrive);
      else arrive();
    });
  }

  #split(bytes: Buffer): readonly Buffer[] {
    if (bytes.length < 2 || this.#happens(0.6)) return [bytes];
    const at = randomInt(this.#random, 1, bytes.length - 1);
    return [bytes.subarray(0, at), bytes.subarray(at)];
  }

  #happens(probability: number): boolean {
    return probability > 0 && randomFraction(this.#random) < probability;
  }
}

const cutKey = (one: string, other: string): string => [one, other].sort().join(' ');

const systemError = (code: string, call: string): Error => Object.assign(new Error(`${call} ${code}`), { code });

const asConnection = (stream: SimulatedStream, local: TestAddress, remote: TestAddress): TestConnection => ({ stream, local, remote, reset: () => stream.reset() });
