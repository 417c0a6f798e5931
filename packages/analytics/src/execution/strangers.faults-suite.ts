/** Strangers at the ports of the driver and of its workers while a query runs: it must not notice. */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseInstanceId, silentLogger, sleep, systemClock, systemRandom, toAppError } from '@pappus/core';
import { decodeTicket, generateSecret, joinGroup, tcpNetwork, type JoinTicket } from '@pappus/overlay';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LASTING_QUERY, makeFaultTables, type FaultTables } from '../testing/fault-tables.ts';
import { FaultySession } from '../testing/faulty-session.ts';
import { listeningPorts } from '../testing/listening-ports.ts';

const WORKERS = 3;
const ATTACK_MS = 4_000;
const REJECTED_WITHIN_MS = 20_000;
let folder: string;
let tables: FaultTables;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-strangers-'));
  tables = await makeFaultTables(join(folder, 'tables'), 60_000);
});

afterAll(async () => {
  tables.close();
  await rm(folder, { recursive: true, force: true });
});

type Attack = (port: number, endMs: number, ticket: JoinTicket) => Promise<void>;

/** What the worker was told; a stranger may know all of it but the secret. */
function ticketOf(pid: number): JoinTicket {
  const line = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').find((entry) => entry.startsWith('PAPPUS_TICKET='));
  return decodeTicket((line ?? '').slice('PAPPUS_TICKET='.length));
}

/** Connects, does something, and waits for the other side to hang up; gives up at the end. */
async function visit(port: number, endMs: number, talk: (socket: Socket) => Promise<void> | void): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  socket.on('data', () => {});
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  const connected = new Promise<void>((resolve) => void socket.once('connect', () => resolve()));
  await Promise.race([connected, closed]);
  await talk(socket);
  await Promise.race([closed, sleep(systemClock, Math.max(0, endMs - systemClock.nowMs()))]);
  socket.destroy();
}

const untilEnd = async (endMs: number, act: () => Promise<void>): Promise<void> => {
  while (systemClock.nowMs() < endMs) {
    await act();
    await sleep(systemClock, 20);
  }
};

const ATTACKS: Readonly<Record<string, Attack>> = {
  'a port scanner': (port, endMs) => untilEnd(endMs, () => visit(port, endMs, (socket) => void socket.destroy())),
  'garbage bytes': (port, endMs) => untilEnd(endMs, () => visit(port, endMs, (socket) => void socket.write(Buffer.from(Array.from({ length: 65_536 }, (_, index) => (index * 197 + 31) % 256))))),
  'a browser': (port, endMs) => untilEnd(endMs, () => visit(port, endMs, (socket) => void socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'))),
  'slow senders': async (port, endMs) => {
    await Promise.all(Array.from({ length: 20 }, () => untilEnd(endMs, () => visit(port, endMs, (socket) => untilEnd(Math.min(endMs, systemClock.nowMs() + 1_000), async () => void (socket.writable && socket.write('P')))))));
  },
  'a wrong secret': (port, endMs, ticket) => untilEnd(endMs, async () => void (await joinWithWrongSecret({ ...ticket, coordinator: { host: '127.0.0.1', port } }))),
};

/** The code of the error that it ends in; always one. */
async function joinWithWrongSecret({ coordinator, group }: JoinTicket): Promise<string> {
  const options = { network: tcpNetwork, clock: systemClock, random: systemRandom, logger: silentLogger, group, secret: generateSecret(systemRandom) };
  const joining = joinGroup({ ...options, coordinator, wantRank: null, instance: parseInstanceId('stranger'), listen: { host: '127.0.0.1', port: 0 }, timeoutMs: 2_000 });
  return joining.then(() => 'joined', (thrown: unknown) => toAppError(thrown).code);
}

/** Where the machine is busy, twenty slow senders may have held all places for newcomers as long as the attack went on. */
async function untilRejected(ticket: JoinTicket): Promise<void> {
  for (const endMs = systemClock.nowMs() + REJECTED_WITHIN_MS; systemClock.nowMs() < endMs; ) {
    if ((await joinWithWrongSecret(ticket)) === 'permission-denied') return;
  }
  throw new Error(`the coordinator did not say within ${REJECTED_WITHIN_MS} ms that the secret is wrong`);
}

it.each(['direct', 'store'] as const)('queries with the %s exchange are right while strangers try all ports, and the log stays short', async (exchange) => {
  const session = await FaultySession.open({ tables: tables.folder, exchange, workers: WORKERS });
  try {
    const expected = await tables.oracle(LASTING_QUERY);
    await session.query(LASTING_QUERY);
    const ports = [...listeningPorts(process.pid), ...Array.from({ length: WORKERS }, (_, rank) => listeningPorts(session.pid(rank))).flat()];
    expect(ports.length).toBeGreaterThanOrEqual(WORKERS + 2); // the workers', the driver's, the coordinator's
    const ticket = ticketOf(session.pid(0));
    const endMs = systemClock.nowMs() + ATTACK_MS;
    const attacks = Promise.all(ports.flatMap((port) => Object.values(ATTACKS).map((attack) => attack(port, endMs, ticket))));
    let queries = 0;
    while (systemClock.nowMs() < endMs) {
      const { rows, result } = await session.query(LASTING_QUERY);
      expect(rows).toEqual(expected);
      expect(result.restarts).toBe(0);
      queries++;
    }
    await attacks;
    await untilRejected(ticket);
    expect(queries).toBeGreaterThan(0);
    const warnings = session.log.filter(({ level }) => level === 'warn' || level === 'error').map(({ message }) => message);
    const perKind = Object.groupBy(warnings, (message) => message);
    expect(Object.keys(perKind)).toContain('rejected a member: wrong-secret');
    for (const [message, lines] of Object.entries(perKind)) expect(lines?.length, message).toBeLessThanOrEqual(2); // one for each of the driver's two listeners
  } finally {
    await session.stop();
  }
});
