/** Compositions over HTTP, with real engines and I/O functions. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProblemError } from '@pappus/api';
import { leanProgramCode } from '@pappus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startUnderTest, text, type ServerUnderTest } from '../testing/server-under-test.ts';

let server: ServerUnderTest;
let other: Server;
let folder = '';
/** Answers to requests for /slow that wait for their turn. */
const held: (() => void)[] = [];

const SOURCE = `
function copy(in) => (out);
function trap(in) => (out);
function chatty(in) => (out);
function HTTP(requests) => (responses);
function Files(requests) => (contents);
composition twice(a) => (first, second) {
    copy(in = each a) => (first = out);
    copy(in = all first) => (second = out);
}
composition fetched(urls) => (pages) { HTTP(requests = each urls) => (pages = responses); }
composition read(names) => (files) { Files(requests = all names) => (files = contents); }
composition early(a, urls) => (now, later) {
    copy(in = all a) => (now = out);
    HTTP(requests = each urls) => (later = responses);
}
composition late(a, urls) => (now, later) {
    chatty(in = all a) => (now = out);
    HTTP(requests = each urls) => (later = responses);
}
composition failing(a, urls) => (now, later) {
    copy(in = all a) => (now = out);
    HTTP(requests = each urls) => (pages = responses);
    trap(in = all pages) => (later = out);
}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pappus-composition-test-'));
  await mkdir(join(folder, 'files'));
  await writeFile(join(folder, 'files', 'a.txt'), 'content of a');
  other = createServer((request, response) => {
    const answer = (): void => void response.end(`you asked for ${request.url ?? ''}`);
    if (request.url === '/slow') held.push(answer);
    else answer();
  });
  await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
  server = await startUnderTest({ config: { io: { http: { allow: [`${origin()}/*`] }, files: { folder: join(folder, 'files') } } } });
  await server.deploy('copy');
  await server.deploy('trap');
  await server.client.deployFunction('chatty', { inputs: ['in'], outputs: ['out'], limits: { logBytes: 100 } }, await leanProgramCode('flood-logs'));
  await server.client.deployComposition('twice', SOURCE);
});
afterAll(async () => {
  await server.stop();
  other.closeAllConnections();
  await new Promise((resolve) => void other.close(resolve));
  await rm(folder, { recursive: true });
});

const origin = (): string => `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
const url = (path: string): { readonly name: string; readonly data: string } => ({ name: 'page', data: `GET ${origin()}${path} HTTP/1.1\n\n` });

async function held1(): Promise<() => void> {
  for (;;) {
    const answer = held.shift();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('a composition', () => {
  it('gives all of its outputs, item by item', async () => {
    const outputs = await (await server.client.invoke('twice', { a: [{ name: 'x', data: '1' }, { name: 'y', key: 3, data: '2' }] })).outputs();
    for (const set of ['first', 'second']) expect(outputs.get(set)?.map(({ name, key, data }) => [name, key, text(data)])).toEqual([['x', 0, '1'], ['y', 3, '2']]);
  });

  it('follows the names that it calls to their newest version', async () => {
    const before = await (await server.client.invoke('twice', { a: [{ name: 'x', data: '1' }] })).outputs();
    expect(before.get('second')).toHaveLength(1);
    await server.deploy('trap', 'copy');
    await expect(server.client.invoke('twice', { a: [{ name: 'x', data: '1' }] })).rejects.toThrow(/trapped/);
    await server.deploy('copy');
    expect((await (await server.client.invoke('twice', { a: [{ name: 'x', data: '1' }] })).outputs()).get('second')).toHaveLength(1);
  });

  it('reaches the network and files through the functions of the platform', async () => {
    const pages = await (await server.client.invoke('fetched', { urls: [url('/hello')] })).outputs();
    expect(text(pages.get('pages')?.[0]?.data ?? new Uint8Array(0))).toMatch(/^HTTP\/1.1 200 OK\n[^]*you asked for \/hello$/);
    const files = await (await server.client.invoke('read', { names: [{ name: 'n', data: 'a.txt' }] })).outputs();
    expect(files.get('files')?.map(({ name, data }) => [name, text(data)])).toEqual([['a.txt', 'content of a']]);
  });

  it('is refused a destination that is not allowed, and says why', async () => {
    const thrown = await server.client.invoke('fetched', { urls: [{ name: 'x', data: 'GET http://127.0.0.1:1/ HTTP/1.1\n\n' }] }).catch((error: unknown) => error);
    expect((thrown as ProblemError).problem).toMatchObject({ status: 502, code: 'function-failed', failure: { kind: 'io', function: 'HTTP' } });
  });

  it('sends an output when it is final, though others are not', async () => {
    const invocation = await server.client.invoke('early', { a: [{ name: 'x', data: '1' }], urls: [url('/slow')] });
    const items = invocation.items();
    expect((await items.next()).value).toMatchObject({ set: 'now', name: 'x' });
    (await held1())();
    expect((await items.next()).value).toMatchObject({ set: 'later', name: 'page' });
    expect((await items.next()).done).toBe(true);
  });

  it('tells of a failure after its first output, and nobody takes it for the whole', async () => {
    const invocation = await server.client.invoke('failing', { a: [{ name: 'x', data: '1' }], urls: [url('/slow')] });
    const items = invocation.items();
    expect((await items.next()).value).toMatchObject({ set: 'now' });
    (await held1())();
    const thrown = await items.next().catch((error: unknown) => error);
    expect((thrown as ProblemError).problem).toMatchObject({ status: 500, failure: { kind: 'trap', function: 'trap', application: 'failing: trap → later' } });
    const response = await fetch(`${server.url}/v1/invoke/failing`, { method: 'POST', headers: { accept: 'multipart/form-data', 'content-type': 'application/x-tar' }, body: new Uint8Array(1_024) });
    expect(response.status).toBe(200); // no input: nothing runs, nothing fails
    await response.arrayBuffer();
  });

  it('keeps its trace, and what functions wrote, when it is over its time', async () => {
    const thrown = await server.client.invoke('late', { a: [{ name: 'x', data: '1' }], urls: [url('/slow')] }, { timeoutMs: 3_000, traced: true }).then(async (invocation) => await invocation.outputs()).catch((error: unknown) => error);
    (await held1())();
    const { problem } = thrown as ProblemError;
    expect(problem).toMatchObject({ status: 504, code: 'deadline-exceeded', detail: expect.stringMatching(/under way: HTTP$/) as string });
    const trace = await server.client.trace(problem.invocation ?? '');
    expect(trace).toMatchObject({ outcome: 'failed', problem: { status: 504 }, spans: [{ function: 'chatty' }] });
    const { entries } = await server.client.logs('chatty');
    expect(entries.filter(({ invocation }) => invocation === problem.invocation).map(({ text: written }) => written.length)).toEqual([100]);
  });

  it('ends when its client leaves', async () => {
    const leaving = new AbortController();
    const invocation = server.client.invoke('fetched', { urls: [url('/slow')] }, { signal: leaving.signal });
    const answer = await held1();
    leaving.abort(new Error('left'));
    await expect(invocation).rejects.toThrow('left');
    for (let tries = 0; !/outcome="cancelled"\} 1/.test(await server.client.metrics()); tries++) {
      expect(tries).toBeLessThan(100);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    answer();
  });
});
