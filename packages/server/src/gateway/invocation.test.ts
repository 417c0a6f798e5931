/** Invocations over HTTP, with real engines. */
import { PappusClient, ProblemError } from '@pappus/api';
import { decodeSets, encodeSetsWhole } from '@pappus/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startUnderTest, text, type ServerUnderTest } from '../testing/server-under-test.ts';

let server: ServerUnderTest;
let version = '';

beforeAll(async () => {
  server = await startUnderTest();
  version = await server.deploy('copy');
  await server.deploy('trap');
  await server.deploy('loop');
  await server.deploy('print');
});
afterAll(() => server.stop());

const post = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${server.url}/v1/invoke/${path}`, { method: 'POST', ...init });

async function refusal(promise: Promise<unknown>): Promise<ProblemError> {
  const thrown = await promise.then(() => null, (error: unknown) => error);
  expect(thrown).toBeInstanceOf(ProblemError);
  return thrown as ProblemError;
}

describe('an invocation', () => {
  it('takes a raw body as one item, and answers with the bytes of the only output item', async () => {
    const response = await post('copy', { body: 'hello' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('content-length')).toBe('5');
    expect(response.headers.get('pappus-invocation')).toMatch(/^[0-9a-f]{12}-[0-9a-z]+$/);
    expect(response.headers.get('pappus-version')).toBe(version);
    expect(await response.text()).toBe('hello');
  });

  it('takes set, item and key of a raw body from the query or from headers', async () => {
    const form = await (await post('copy?item=dir%2Fx&key=7', { body: 'hello', headers: { accept: 'application/json' } })).json();
    expect(form).toMatchObject({ name: 'copy', hash: version, sets: [{ name: 'out', items: [{ name: 'dir/x', key: 7, data: 'aGVsbG8=' }] }] });
    const other = await (await post('copy', { body: 'hello', headers: { accept: 'application/json', 'pappus-set': 'in', 'pappus-item': 'y' } })).json();
    expect(other).toMatchObject({ sets: [{ items: [{ name: 'y', key: 0 }] }] });
  });

  it('of one version by its hash, or by the beginning of it', async () => {
    expect(text(await server.client.invokeRaw(`copy@${version}`, 'a'))).toBe('a');
    expect(text(await server.client.invokeRaw(`copy@${version.slice(0, 8)}`, 'b'))).toBe('b');
    expect((await refusal(server.client.invokeRaw('copy@0000000000', 'b'))).problem).toMatchObject({ status: 404, code: 'not-found' });
  });

  it('takes and gives multipart, tar and frames, with names and keys', async () => {
    const items = [{ name: 'a/b', key: 4_294_967_295, data: Buffer.from('1') }, { name: 'ä', key: 0, data: Buffer.alloc(100_000, 2) }];
    const frame = await post('copy', { body: Uint8Array.from(encodeSetsWhole([{ name: 'in', items }])), headers: { 'content-type': 'application/vnd.pappus.sets', accept: 'application/vnd.pappus.sets' } });
    const [set] = decodeSets(new Uint8Array(await frame.arrayBuffer()));
    expect(set).toMatchObject({ name: 'out', items: items.map(({ name, key }) => ({ name, key })) });
    expect(Buffer.from(set?.items[1]?.data ?? []).equals(items[1]?.data ?? Buffer.alloc(0))).toBe(true);

    const form = new FormData();
    for (const { name, data } of items) form.append('in', new Blob([data]), name);
    const multipart = await (await post('copy', { body: form })).formData();
    expect([...multipart].map(([name, file]) => [name, (file as File).name, (file as File).size])).toEqual([['out', 'a/b', 1], ['out', 'ä', 100_000]]);

    const outputs = await (await server.client.invoke('copy', { in: items })).outputs();
    expect(outputs.get('out')?.map(({ name, key, data }) => [name, key, data.length])).toEqual([['a/b', 4_294_967_295, 1], ['ä', 0, 100_000]]);
  });

  it('without input items has an empty input set, and an output set without items is there all the same', async () => {
    expect(await (await server.client.invoke('copy', {})).outputs()).toEqual(new Map([['out', []]]));
    const response = await post('copy');
    expect([response.status, (await response.formData().catch(() => new FormData())).entries().toArray()]).toEqual([200, []]);
    expect(await (await post('copy', { headers: { accept: 'application/octet-stream' } })).text()).toBe('');
  });

  it('takes a body of unknown length, sent in pieces', async () => {
    const pieces = Array.from({ length: 40 }, (_, index) => Buffer.alloc(65_536, index));
    const body = ReadableStream.from(pieces);
    const response = await post('copy', { body, duplex: 'half' } as RequestInit);
    expect(Buffer.concat(pieces).equals(Buffer.from(await response.arrayBuffer()))).toBe(true);
  });
});

describe('an invocation that goes wrong', () => {
  it('names the nearest name and the nearest set', async () => {
    expect((await refusal(server.client.invokeRaw('coppy', 'x'))).problem).toMatchObject({ status: 404, hint: 'Did you mean copy?' });
    expect((await refusal(server.client.invoke('copy', { inn: [] }))).problem).toMatchObject({ status: 400, hint: 'Did you mean in?' });
    expect((await refusal(server.client.invokeRaw('copy', 'x', { set: 'om' }))).problem).toMatchObject({ status: 400 });
  });

  it.each([
    ['copy?key=-1', {}, 400],
    ['copy?item=..', {}, 400],
    ['copy?item=a%00b', {}, 400],
    ['copy?what=1', {}, 400],
    ['copy?timeout=soon', {}, 400],
    ['copy', { 'content-type': 'application/x-tar' }, 400],
    ['copy', { 'content-type': 'multipart/form-data' }, 400],
    ['copy', { 'content-type': 'multipart/mixed; boundary=b' }, 415],
    ['copy', { 'content-type': 'application/vnd.pappus.sets' }, 400],
    ['%ff', {}, 400],
    ['a b', {}, 400],
  ])('answers POST %s with %j by %i', async (path, headers, status) => {
    const response = await post(path, { body: 'garbage', headers });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ status, invocation: response.headers.get('pappus-invocation') });
  });

  it('says where a function trapped', async () => {
    const { problem } = await refusal(server.client.invokeRaw('trap', 'x'));
    expect(problem).toMatchObject({ status: 500, code: 'function-failed', failure: { kind: 'trap', function: 'trap', functionName: 'run', items: ['body'] } });
    expect(problem.failure?.trap).toMatch(/divide|zero/);
    expect(problem.failure?.offset).toBeGreaterThan(0);
    expect((await server.client.trace(problem.invocation ?? '')).outcome).toBe('failed');
  });

  it('is stopped at the time limit of the function, or at its own', async () => {
    const limit = await refusal(server.client.invokeRaw('loop', 'x', { traced: true }));
    const [span] = (await server.client.trace(limit.problem.invocation ?? '')).spans;
    expect(span).toMatchObject({ function: 'loop' });
    expect(span?.computeUs).toBeGreaterThan(100_000); // nothing came back of it, and it is known for how long it was under way
    expect(limit.problem).toMatchObject({ status: 504, code: 'deadline-exceeded', failure: { kind: 'limit', limit: 'time' } });
    const startedMs = performance.now();
    expect((await refusal(server.client.invokeRaw('loop', 'x', { timeoutMs: 100 }))).problem).toMatchObject({ status: 504, failure: null, detail: expect.stringMatching(/was not done after 100 ms: under way: loop$/) as string });
    expect(performance.now() - startedMs).toBeLessThan(600);
  });

  it('cannot be answered raw with several items, nor as JSON with many bytes', async () => {
    const several = { in: [{ name: 'a', data: '1' }, { name: 'b', data: '2' }] };
    const tar = async (accept: string): Promise<number> => {
      const raw = new PappusClient({ url: server.url, fetch: (url, init) => fetch(url, { ...init, headers: { ...(init?.headers as Record<string, string>), accept } }) });
      return raw.invoke('copy', several).then(() => 200, (error: ProblemError) => error.problem.status);
    };
    expect(await tar('application/octet-stream')).toBe(406);
    expect((await post('copy', { body: new Uint8Array(17_000_000), headers: { accept: 'application/json' } })).status).toBe(406);
  });

  it('is refused by another method', async () => {
    const response = await fetch(`${server.url}/v1/invoke/copy`);
    expect([response.status, await response.json()]).toMatchObject([405, { hint: 'Possible: POST.' }]);
  });
});

describe('what is kept of invocations', () => {
  it('traces show phases, also in Server-Timing', async () => {
    const response = await post('copy', { body: 'x', headers: { 'pappus-trace': '1' } });
    expect(response.headers.get('server-timing')).toMatch(/^queue;dur=.*compute;dur=.*total;dur=/);
    const trace = await server.client.trace(response.headers.get('pappus-invocation') ?? '');
    expect(trace).toMatchObject({ name: 'copy', hash: version, outcome: 'done', problem: null, inputBytes: 1, outputBytes: 1, spans: [{ function: 'copy' }] });
    expect((await refusal(server.client.trace('none'))).problem.status).toBe(404);
  });

  it('logs hold what functions wrote, and can be followed', async () => {
    const first = await server.client.logs('print');
    await server.client.invokeRaw('print', 'x');
    const second = await server.client.logs('print', { after: first.next });
    expect(second.entries.map(({ stream, text: written }) => [stream, written])).toEqual([['stdout', 'hello']]);
    const following = server.client.logs('print', { after: second.next, waitMs: 10_000 });
    await server.client.invokeRaw('print', 'x');
    expect((await following).entries).toHaveLength(1);
    expect(await server.client.logs('print', { after: 2, waitMs: 1 })).toMatchObject({ entries: [], next: 2 });
  });

  it('an answer that is refused leaves the trace and the logs of what ran', async () => {
    const { next } = await server.client.logs('print');
    const form = new FormData();
    for (const name of ['a', 'b']) form.append('in', new Blob([name]), name);
    const response = await post('print', { body: form, headers: { accept: 'application/octet-stream', 'pappus-trace': '1' } });
    const { status, invocation } = (await response.json()) as { readonly status: number; readonly invocation: string };
    expect(status).toBe(406);
    expect(await server.client.trace(invocation)).toMatchObject({ outcome: 'failed', problem: { status: 406 }, spans: [{ function: 'print' }] });
    expect((await server.client.logs('print', { after: next })).entries).toMatchObject([{ invocation, text: 'hello' }]);
  });

  it('metrics count invocations by name and outcome', async () => {
    const metrics = await server.client.metrics();
    expect(metrics).toMatch(/^pappus_invocations_total\{name="copy",outcome="done"\} [1-9]/m);
    expect(metrics).toMatch(/^pappus_invocations_total\{name="trap",outcome="failed"\} 1$/m);
    expect(metrics).toMatch(/^pappus_invocation_seconds_bucket\{le="\+Inf"\} \d+$/m);
    for (const line of metrics.trimEnd().split('\n')) expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? [\d.e+-]+)$/);
  });
});
