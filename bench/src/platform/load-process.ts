/**
 * A small load generator: keep-alive connections on raw sockets, one request under way on each. Closed loop: the next
 * request goes out when the answer is there. Open loop: requests are due at a fixed rate, and the time that one waits
 * for a connection counts, so a server that falls behind can't hide it.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { LoadOrder, LoadResult } from './load-order.ts';

/** An answer that arrives so long after the end is not waited for. */
const GRACE_MS = 10_000;
/** Requests that are due are sent every millisecond; a later tick than this is the server's fault, or the machine's. */
const TICK_SLACK_MS = 2;
const MAX_RECONNECTS = 1_000;
const HEAD_END = Buffer.from('\r\n\r\n');

const [order] = (await once(process, 'message')) as [LoadOrder];
const body = Buffer.from(order.bodyBase64, 'base64');
const requests = order.paths.map((path) => Buffer.concat([
  Buffer.from(`${order.method} ${path} HTTP/1.1\r\nHost: ${order.host}:${order.port}\r\n${order.method === 'POST' ? `Content-Type: application/octet-stream\r\nContent-Length: ${body.length}\r\n` : ''}\r\n`),
  ...(order.method === 'POST' ? [body] : []),
]));

let sent = 0;
let failed = 0;
let failure: string | null = null;
let reconnects = 0;
let over = false;
let underWay = 0;
const times: number[] = [];
/** The one that is free for longest is used next, so that none is idle for long. */
const free: Connection[] = [];
/** Moments at which requests were due that no connection was free for. */
const due: number[] = [];
let dueAt = 0;
let finish: () => void = () => {};
const finished = new Promise<void>((resolve) => (finish = resolve));

function fail(what: string): void {
  failed += 1;
  failure ??= what;
}

class Connection {
  #socket: Socket;
  #startedAt = 0;
  #busy = false;
  #head: Buffer = Buffer.alloc(0);
  /** Bytes of the answer's body that are still to come; -1 while its head is not complete. */
  #left = -1;
  #ok = false;

  constructor() {
    this.#socket = this.#connect();
  }

  send(startedAt: number): void {
    this.#startedAt = startedAt;
    this.#busy = true;
    underWay += 1;
    this.#socket.write(requests[sent++ % requests.length] as Buffer);
  }

  end(): void {
    this.#socket.destroy();
  }

  #connect(): Socket {
    const socket = connect({ host: order.host, port: order.port, noDelay: true });
    socket.on('data', (bytes: Buffer) => this.#receive(bytes));
    socket.on('error', (error) => this.#broken(error.message));
    socket.on('close', () => this.#broken('the connection was closed'));
    return socket;
  }

  #receive(bytes: Buffer): void {
    if (!this.#busy) return; // what nobody has asked for: the end of the connection follows
    let rest = bytes;
    if (this.#left === -1) {
      this.#head = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
      const at = this.#head.indexOf(HEAD_END);
      if (at === -1) return;
      const head = this.#head.toString('latin1', 0, at);
      rest = this.#head.subarray(at + HEAD_END.length);
      this.#head = Buffer.alloc(0);
      const length = /content-length: *(\d+)/i.exec(head)?.[1];
      this.#left = Number(length ?? 0);
      const expected = order.answerBytes === null || this.#left === order.answerBytes;
      this.#ok = head.startsWith('HTTP/1.1 200') && length !== undefined && expected;
      if (!this.#ok) fail(`${head.slice(0, 200)} ${rest.toString('latin1', 0, 200)}`);
    }
    this.#left -= rest.length;
    if (this.#left === 0) this.#answered();
  }

  #answered(): void {
    this.#left = -1;
    this.#busy = false;
    underWay -= 1;
    if (this.#ok) times.push(performance.now() - this.#startedAt);
    next(this);
  }

  #broken(why: string): void {
    if (this.#socket.destroyed && over) return;
    this.#socket.removeAllListeners();
    this.#socket.on('error', () => {});
    this.#socket.destroy();
    this.#left = -1;
    this.#head = Buffer.alloc(0);
    if (reconnects++ < MAX_RECONNECTS) this.#socket = this.#connect();
    if (!this.#busy) return;
    this.#busy = false;
    underWay -= 1;
    fail(why);
    if (reconnects < MAX_RECONNECTS) next(this);
  }
}

function next(connection: Connection): void {
  if (order.requests !== null && sent >= order.requests) over = true;
  if (over) {
    if (underWay === 0) finish();
  } else if (order.rate === null) connection.send(performance.now());
  else if (dueAt < due.length) connection.send(due[dueAt++] as number);
  else free.push(connection);
}

const connections = Array.from({ length: order.connections }, () => new Connection());
const began = performance.now();
const end = began + order.seconds * 1_000;

function tick(rate: number, sentSoFar: number): void {
  const now = performance.now();
  const wanted = Math.min(Math.floor(((now - began) * rate) / 1_000), Math.floor(order.seconds * rate));
  for (let index = sentSoFar; index < wanted; index++) {
    const startedAt = Math.max(began + (index * 1_000) / rate, now - TICK_SLACK_MS);
    const connection = free.shift();
    if (connection === undefined) due.push(startedAt);
    else connection.send(startedAt);
  }
  if (now < end) setTimeout(tick, 1, rate, wanted);
}

if (order.rate === null) for (const connection of connections) connection.send(performance.now());
else {
  free.push(...connections);
  tick(order.rate, 0);
}
setTimeout(() => {
  over = true;
  if (underWay === 0) finish();
}, order.seconds * 1_000);
const late = setTimeout(() => {
  for (let index = 0; index < underWay; index++) fail('no answer');
  finish();
}, order.seconds * 1_000 + GRACE_MS);
await finished;
clearTimeout(late);
const tookSeconds = (performance.now() - began) / 1_000;
const seconds = order.requests === null ? Math.max(order.seconds, tookSeconds) : tookSeconds;
for (const connection of connections) connection.end();
times.sort((a, b) => a - b);
const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
const result: LoadResult = { answered: times.length, failed, failure, unsent: due.length - dueAt, perSecond: times.length / seconds, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
process.send?.(result, () => process.exit(0));
