/** Groups on the machine's own TCP: strangers, wrong credentials, killed processes, resumption. */
import { spawn, type ChildProcess } from 'node:child_process';
import { connect as connectSocket, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseGroupId, parseInstanceId, parseRank, sleep, systemClock, systemRandom, withDeadline, type LogFields, type Logger } from '@pappus/core';
import { startCoordinator, type Coordinator } from './coordinator.ts';
import { encodeFrame, FrameChannel } from './frame-channel.ts';
import type { Address, Group } from './group.ts';
import { joinGroup, type JoinOptions } from './join.ts';
import { MAX_PENDING_HANDSHAKES } from './limits.ts';
import type { Connection, Network } from './network.ts';
import { encodePreamble } from './preamble.ts';
import { generateSecret, parseSecret } from './secret.ts';
import { tcpNetwork } from './tcp-network.ts';
import { encodeTicket } from './ticket.ts';

const never = new AbortController().signal;
const group = parseGroupId('tcp');
const secret = generateSecret(systemRandom);
const loopback: Address = { host: '127.0.0.1', port: 0 };

let log: { readonly message: string; readonly fields: LogFields }[];
let coordinator: Coordinator;
let members: Group[];
let sockets: Socket[];
let children: ChildProcess[];

const logger: Logger = { log: (_level, message, fields = {}) => void log.push({ message, fields }), child: () => logger };
const timing = { handshakeMs: 300 };

beforeEach(async () => {
  log = [];
  members = [];
  sockets = [];
  children = [];
  coordinator = await startCoordinator({ network: tcpNetwork, clock: systemClock, random: systemRandom, logger, group, secret, size: 3, listen: loopback, timing });
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const socket of sockets) socket.destroy();
  await Promise.all(members.map((member) => member.leave('finished')));
  await coordinator.stop();
});

let instances = 0;
async function join(changes: Partial<JoinOptions> = {}): Promise<Group> {
  instances += 1;
  const instance = parseInstanceId(`instance-${instances}`);
  const shared = { network: tcpNetwork, clock: systemClock, random: systemRandom, logger, group, secret, timing };
  const member = await joinGroup({ ...shared, coordinator: coordinator.address, instance, wantRank: null, listen: loopback, timeoutMs: 3_000, ...changes });
  members.push(member);
  return member;
}

async function stranger({ host, port }: Address, bytes?: Uint8Array | string): Promise<Socket> {
  const socket = connectSocket(port, host);
  sockets.push(socket.on('error', () => {}));
  await once(socket, 'connect');
  if (bytes !== undefined) socket.write(bytes);
  return socket;
}

const closed = (socket: Socket, timeoutMs = 2_000): Promise<unknown> =>
  socket.destroyed ? Promise.resolve() : withDeadline({ clock: systemClock, timeoutMs, waitingFor: 'a stranger to be dropped' }, () => new Promise((resolve) => void socket.resume().once('close', resolve)));

const dropped = (): number => log.filter(({ message }) => message.startsWith('dropped')).length;

async function roundTrip(from: Group, to: Group): Promise<string> {
  const stop = to.listen(99, ({ stream }) => stream.pipe(stream));
  const stream = await from.connect(to.self.rank, 99, never);
  stream.end('hello');
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  stop();
  return text;
}

describe('strangers', () => {
  for (const target of ['coordinator', 'member'] as const) {
    const address = async (): Promise<Address> => (target === 'coordinator' ? coordinator.address : (members[0] ?? (await join())).self.address);

    test(`${target}: garbage, scanners and slow senders are dropped, logged once, and disturb nobody`, async () => {
      const [one, two] = [await join(), await join()];
      const at = await address();
      const scanner = await stranger(at);
      scanner.end();
      const silent = await stranger(at);
      const slow = await stranger(at, encodePreamble(target === 'coordinator' ? 'control' : 'stream').subarray(0, 5));
      const garbage = await Promise.all(Array.from({ length: 20 }, (_, index) => stranger(at, Buffer.alloc(index * 500 + 8, index))));
      const http = await stranger(at, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      const huge = await stranger(at, Buffer.concat([encodePreamble(target === 'coordinator' ? 'control' : 'stream'), Buffer.from([0x7f, 0xff, 0xff, 0xff])]));
      expect(await roundTrip(one, two)).toBe('hello');
      await Promise.all([scanner, silent, slow, ...garbage, http, huge].map((socket) => closed(socket)));
      expect(dropped()).toBe(1);
      expect(await roundTrip(two, one)).toBe('hello');
      expect(coordinator.members.revision).toBe(2);
    });

    test(`${target}: more silent connections than it keeps do not lock members out`, async () => {
      const [one] = [await join()];
      const at = await address();
      const silent = await Promise.all(Array.from({ length: MAX_PENDING_HANDSHAKES + 20 }, () => stranger(at)));
      const two = await join();
      expect(await roundTrip(two, one)).toBe('hello');
      await Promise.all(silent.map((socket) => closed(socket)));
      expect(dropped()).toBe(1);
    });
  }

  test('a peer with the wrong secret gets no stream', async () => {
    const member = await join();
    const other = await startCoordinator({ network: tcpNetwork, clock: systemClock, random: systemRandom, logger, group, secret: generateSecret(systemRandom), size: 1, listen: loopback });
    const socket = await stranger(member.self.address, encodePreamble('stream'));
    const channel = new FrameChannel(socket);
    const party = { rank: 0, generation: 0 };
    channel.send({ type: 'open', group, from: { ...party, rank: 1 }, to: party, port: 1, nonce: '0'.repeat(32) });
    expect(await channel.receive((value) => value as { type: string }, 4_096)).toMatchObject({ type: 'challenge' });
    member.listen(1, () => expect.fail('a stranger got in'));
    channel.send({ type: 'answer', proof: '0'.repeat(64) });
    expect(await channel.receive((value) => value as { type: string }, 4_096)).toMatchObject({ type: 'refused', reason: 'wrong-secret' });
    await closed(socket);
    await other.stop();
  });
});

describe('admission', () => {
  test('says why it rejects: secret, group, full, duplicate, rank', async () => {
    await expect(join({ secret: parseSecret('not the right secret') })).rejects.toMatchObject({ code: 'permission-denied', message: expect.stringContaining('wrong-secret') });
    await expect(join({ group: parseGroupId('another') })).rejects.toMatchObject({ code: 'not-found' });
    await join({ instance: parseInstanceId('twin') });
    await expect(join({ instance: parseInstanceId('twin') })).rejects.toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('duplicate') });
    await expect(join({ wantRank: parseRank(0) })).rejects.toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('rank-taken') });
    await expect(join({ wantRank: parseRank(3) })).rejects.toMatchObject({ message: expect.stringContaining('ranks 0 to 2') });
    await join();
    await join();
    await expect(join()).rejects.toMatchObject({ code: 'resource-exhausted', message: expect.stringContaining('full') });
    await coordinator.full(100);
  });

  test('says so to another version, in a frame that every version can read', async () => {
    const socket = await stranger(coordinator.address, Buffer.concat([encodePreamble('control', 9), encodeFrame({ any: 'thing' })]));
    const answer = await new FrameChannel(socket).receive((value) => value, 4_096);
    expect(answer).toEqual({ type: 'reject', reason: 'wrong-version', detail: 'the member speaks version 9, the coordinator 1' });
    await closed(socket);
  });

  test('a member does not trust a coordinator that cannot prove the secret', async () => {
    const impostor = await tcpNetwork.listen(loopback, ({ stream }) => {
      const channel = new FrameChannel(stream);
      void (async () => {
        await channel.receiveBytes(8);
        await channel.receive((value) => value, 4_096);
        channel.send({ type: 'challenge', nonce: '0'.repeat(32) });
        await channel.receive((value) => value, 4_096);
        channel.send({ type: 'welcome', proof: '0'.repeat(64), rank: 0, generation: 0, size: 3, address: loopback, news: { kind: 'changes', changes: [] }, heartbeatMs: 400, suspectMs: 1_200 });
      })();
    });
    await expect(join({ coordinator: impostor.address })).rejects.toMatchObject({ code: 'permission-denied' });
    await impostor.close();
  });

  test('a wait for members names those that are missing', async () => {
    await join({ wantRank: parseRank(1) });
    await expect(coordinator.full(50)).rejects.toMatchObject({ code: 'deadline-exceeded', message: expect.stringContaining('had not joined: 0, 2') });
  });

  test('gives up by its deadline where nobody answers', async () => {
    const listener = await tcpNetwork.listen(loopback, () => {});
    await listener.close();
    await expect(join({ coordinator: listener.address, timeoutMs: 200 })).rejects.toMatchObject({ code: 'deadline-exceeded', message: expect.stringContaining('ECONNREFUSED') });
  });
});

/** TCP whose connections a test can break. */
function breakable(): { readonly network: Network; readonly breakAll: () => void } {
  const connections = new Set<Connection>();
  return {
    network: {
      listen: (at, onConnection) => tcpNetwork.listen(at, onConnection),
      connect: async (to, signal) => {
        const connection = await tcpNetwork.connect(to, signal);
        connections.add(connection);
        return connection;
      },
    },
    breakAll: () => connections.forEach((connection) => connection.reset()),
  };
}

describe('life and death', () => {
  test('a member whose control connection breaks resumes, keeps its rank and misses nothing', async () => {
    const { network, breakAll } = breakable();
    const one = await join({ network });
    const barrier = one.barrier('go', 5_000, never);
    breakAll();
    const [two, three] = [await join(), await join()];
    await Promise.all([barrier, two.barrier('go', 5_000, never), three.barrier('go', 5_000, never)]);
    expect(one.members.list()).toEqual(coordinator.members.list());
    expect(coordinator.members.revision).toBe(3);
    expect(log.map(({ message }) => message)).toContain('a member resumed');
  });

  test('kill -9 of a member is noticed at once; its rank can be taken over', async () => {
    const watcher = await join({ wantRank: parseRank(0) });
    const victim = await spawnMember(1);
    const left = new Promise<number>((resolve) => void watcher.members.subscribe((change) => change.kind === 'left' && resolve(systemClock.nowMs())));
    const stream = await watcher.connect(parseRank(1), 5, never);
    const ended = new Promise((resolve) => void stream.resume().once('close', resolve));
    const startMs = systemClock.nowMs();
    victim.kill('SIGKILL');
    expect((await left) - startMs).toBeLessThan(1_500);
    await ended;
    expect((await join()).self).toMatchObject({ rank: 1, generation: 1 });
  });

  test('a member that stands still is given up within 3 s, and told so when it wakes', async () => {
    const watcher = await join({ wantRank: parseRank(0) });
    const victim = await spawnMember(1);
    (await watcher.connect(parseRank(1), 5, never)).destroy(); // it knows its welcome
    const left = new Promise<number>((resolve) => void watcher.members.subscribe((change) => change.kind === 'left' && resolve(systemClock.nowMs())));
    const startMs = systemClock.nowMs();
    victim.kill('SIGSTOP');
    expect((await left) - startMs).toBeLessThan(3_000);
    const exited = once(victim, 'exit');
    victim.kill('SIGCONT');
    expect((await exited)[0]).toBe(7);
  });

  test('the end of the coordinator is told to all, and ends what they wait for', async () => {
    const member = await join();
    const waiting = [member.barrier('go', 5_000, never), member.connect(parseRank(2), 1, never)];
    const outcomes = Promise.allSettled(waiting);
    await coordinator.stop('failed', 'the query failed');
    expect(await member.ended).toEqual({ reason: 'failed', detail: 'the query failed' });
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { message: expect.stringContaining('the query failed') } });
    await expect(member.barrier('go', 5_000, never)).rejects.toThrow('no longer part');
  });
});

/** A member in a process of its own that listens on port 5 and exits with 7 when its membership ends. */
async function spawnMember(rank: number): Promise<ChildProcess> {
  const ticket = encodeTicket({ coordinator: coordinator.address, group, secret, wantRank: parseRank(rank) });
  const source = `
    import { joinGroup, tcpNetwork, decodeTicket } from ${JSON.stringify(new URL('index.ts', import.meta.url).href)};
    import { parseInstanceId, silentLogger, systemClock, systemRandom } from '@pappus/core';
    const member = await joinGroup({ ...decodeTicket(process.argv[1]), network: tcpNetwork, clock: systemClock, random: systemRandom, logger: silentLogger,
      instance: parseInstanceId('child'), listen: { host: '127.0.0.1', port: 0 }, timeoutMs: 10_000 });
    member.listen(5, ({ stream }) => stream.resume());
    member.ended.then(() => process.exit(7));`;
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', source, ticket], { cwd: new URL('.', import.meta.url), stdio: 'inherit' });
  children.push(child);
  while (coordinator.members.get(parseRank(rank)) === undefined) await sleep(systemClock, 10);
  return child;
}
