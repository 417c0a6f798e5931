/**
 * Groups for tests: `loopbackGroups` joins members of one process by real sockets on the loopback interface,
 * with the interface of the overlay and none of its coordination. Ranks can be killed.
 */
import { connect as dial, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError, defined, parseGeneration, parseInstanceId, parseRank, type Rank } from '@pappus/core';
import type { Group, IncomingStream, LeaveReason, Member, Membership, MembershipChange } from '@pappus/overlay';

const PREAMBLE_BYTES = 8;

type Listener = (incoming: IncomingStream) => void;

class LoopbackGroup implements Group {
  readonly self: Member;
  readonly size: number;
  readonly members: Membership;
  readonly ended: Promise<{ readonly reason: LeaveReason; readonly detail: string }>;
  readonly #network: LoopbackNetwork;
  readonly #listeners = new Map<number, Listener>();
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #end: (value: { readonly reason: LeaveReason; readonly detail: string }) => void = () => {};

  constructor(network: LoopbackNetwork, rank: number, size: number) {
    this.#network = network;
    this.size = size;
    this.members = network;
    this.self = { rank: parseRank(rank), generation: parseGeneration(0), id: parseInstanceId(`loopback-${rank}`), address: { host: '127.0.0.1', port: 0 } };
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  async start(): Promise<number> {
    const server = createServer((socket) => this.#accept(socket));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async connect(rank: Rank, port: number, signal: AbortSignal): Promise<Duplex> {
    signal.throwIfAborted();
    const socket = dial({ host: '127.0.0.1', port: this.#network.portOf(rank), noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve).once('error', (cause) => reject(new AppError('unavailable', `worker ${rank} does not answer`, { cause })));
    });
    this.#keep(socket);
    const preamble = Buffer.alloc(PREAMBLE_BYTES);
    preamble.writeUInt32LE(this.self.rank, 0);
    preamble.writeUInt32LE(port, 4);
    socket.write(preamble);
    return socket;
  }

  listen(port: number, onStream: Listener): () => void {
    this.#listeners.set(port, onStream);
    return () => this.#listeners.delete(port);
  }

  async barrier(): Promise<void> {
    throw new AppError('unsupported', 'the loopback group has no barrier');
  }

  async leave(reason: LeaveReason, detail = ''): Promise<void> {
    if (this.#server === null) return;
    for (const socket of this.#sockets) {
      if (reason === 'finished') socket.end();
      else socket.resetAndDestroy();
    }
    const server = this.#server;
    this.#server = null;
    server.close();
    this.#end({ reason, detail });
    this.#network.left(this.self, reason, detail);
  }

  #accept(socket: Socket): void {
    this.#keep(socket);
    socket.setNoDelay(true);
    const onReadable = (): void => {
      const preamble: unknown = socket.read(PREAMBLE_BYTES);
      if (!(preamble instanceof Buffer)) return;
      socket.off('readable', onReadable);
      const listener = this.#listeners.get(preamble.readUInt32LE(4));
      if (listener === undefined) return void socket.destroy();
      listener({ stream: socket, from: parseRank(preamble.readUInt32LE(0)) });
      socket.resume();
    };
    socket.on('readable', onReadable);
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

class LoopbackNetwork implements Membership {
  readonly groups: readonly LoopbackGroup[];
  readonly #ports: number[] = [];
  readonly #present = new Map<number, Member>();
  readonly #subscribers = new Set<(change: MembershipChange) => void>();
  revision = 0;

  constructor(size: number) {
    this.groups = Array.from({ length: size }, (_, rank) => new LoopbackGroup(this, rank, size));
  }

  async start(): Promise<void> {
    for (const group of this.groups) {
      this.#ports[group.self.rank] = await group.start();
      this.#present.set(group.self.rank, group.self);
    }
  }

  portOf(rank: Rank): number {
    return defined(this.#ports[rank], `rank ${rank}`);
  }

  get(rank: Rank): Member | undefined {
    return this.#present.get(rank);
  }

  list(): readonly Member[] {
    return [...this.#present.values()];
  }

  subscribe(listener: (change: MembershipChange) => void): () => void {
    this.#subscribers.add(listener);
    return () => this.#subscribers.delete(listener);
  }

  left(member: Member, reason: LeaveReason, detail: string): void {
    this.#present.delete(member.rank);
    this.revision++;
    for (const listener of this.#subscribers) listener({ kind: 'left', revision: this.revision, member, reason, detail });
  }
}

/** `size` members that reach each other. End each with `leave`: `finished` closes in good order, anything else resets. */
export async function loopbackGroups(size: number): Promise<readonly Group[]> {
  const network = new LoopbackNetwork(size);
  await network.start();
  return network.groups;
}
