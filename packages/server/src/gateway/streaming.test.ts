/** Bodies that go in item by item, and answers that leave before the body is whole. */
import { END_OF_TAR, itemHead, itemPadding } from '@pappus/api';
import { decodeFrames, encodeSetsWhole } from '@pappus/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startUnderTest, text, type ServerUnderTest } from '../testing/server-under-test.ts';
import { received, StreamingClient } from '../testing/streaming-client.ts';

let server: ServerUnderTest;

beforeAll(async () => {
  server = await startUnderTest({ config: { http: { maxBodyBytes: 8_000_000, bodyMemoryBytes: 8_000_000 } } });
  for (const name of ['copy', 'trap', 'loop'] as const) await server.deploy(name);
  await server.client.deployComposition('one', `
function copy(in) => (out);
function loop(in) => (out);
function trap(in) => (out);
composition one(a) => (b) { copy(in = each a) => (b = out); }
composition beside(a, c) => (b, d) { copy(in = each a) => (b = out); copy(in = all c) => (d = out); }
composition late(a) => (b) { copy(in = each a) => (copied = out); copy(in = all copied) => (b = out); }
composition endless(a) => (b) { loop(in = each a) => (b = out); }
composition traps(a) => (b) { trap(in = each a) => (b = out); }`);
});
afterAll(() => server.stop());

const bytes = (content: string): Uint8Array => new TextEncoder().encode(content);
const client = (name: string): StreamingClient => new StreamingClient(`${server.url}/v1/invoke/${name}`);

async function gauge(name: string): Promise<number> {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await server.client.metrics())?.[1] ?? Number.NaN);
}

async function nothingLeft(): Promise<void> {
  while ((await gauge('pappus_invocations_running')) > 0);
  expect(await gauge('pappus_body_bytes')).toBe(0);
}

describe('a body of items', () => {
  it('is answered item by item while it is sent', async () => {
    const sender = client('one');
    await sender.item('a', 'first', bytes('content of the first'));
    const response = await sender.response;
    expect(await received(response, 'content of the first')).toContain('b/first');
    await sender.item('a', 'second', bytes('content of the second'));
    expect(await received(response, 'content of the second')).toContain('b/second');
    sender.end();
    expect(await received(response)).not.toContain('broken off');
    await nothingLeft();
  });

  it('may fill several sets, of which some are wanted whole', async () => {
    const sender = client('beside');
    await sender.item('c', 'x', bytes('1'));
    await sender.item('a', 'y', bytes('content of y'));
    const response = await sender.response;
    const before = await received(response, 'content of y');
    await sender.item('c', 'z', bytes('3'));
    sender.end();
    const after = await received(response);
    expect(before).not.toContain('d/x');
    expect(after.indexOf('d/x')).toBeLessThan(after.indexOf('d/z'));
  });

  it('of many megabytes is answered whole and in its order, whatever its form', async () => {
    const items = Array.from({ length: 40 }, (_, index) => ({ name: `i${index}`, key: index, data: Buffer.alloc(100_000, index) }));
    const outputs = await (await server.client.invoke('one', { a: items })).outputs();
    expect(outputs.get('b')?.map(({ name, key, data }) => [name, key, data.length, data[99_999]])).toEqual(items.map(({ name, key, data }) => [name, key, data.length, data[0]]));
    const frame = 'application/vnd.pappus.sets';
    const response = await fetch(`${server.url}/v1/invoke/one`, { method: 'POST', body: Uint8Array.from(encodeSetsWhole([{ name: 'a', items }])), headers: { 'content-type': frame, accept: frame } });
    const [set] = decodeFrames(new Uint8Array(await response.arrayBuffer()), items.length);
    expect(set?.items.map(({ name, key, data }) => [name, key, data.length])).toEqual(items.map(({ name, key, data }) => [name, key, data.length]));
    const form = new FormData();
    for (const { name, data } of items) form.append('a', new Blob([data]), name);
    const parts = await (await fetch(`${server.url}/v1/invoke/one`, { method: 'POST', body: form })).formData();
    expect(parts.getAll('b').map((file) => (file as File).name)).toEqual(items.map(({ name }) => name));
    await nothingLeft();
  });

  it('may have no items', async () => {
    const sender = client('one');
    sender.end();
    expect(await received(await sender.response)).toContain('b/');
  });
});

it('a set stdio is none of a composition, in a whole body or in one that arrives', async () => {
  const tar = Buffer.concat([itemHead('stdio', 'argv', 0, 1), Buffer.from('x'), itemPadding(1), END_OF_TAR]);
  const streamed = client('one');
  streamed.end(tar);
  expect(JSON.parse(await received(await streamed.response))).toMatchObject({ status: 400, code: 'invalid-argument' });
  const whole = await fetch(`${server.url}/v1/invoke/one`, { method: 'POST', body: tar, headers: { 'content-type': 'application/x-tar' } });
  expect([whole.status, await whole.json()]).toMatchObject([400, { code: 'invalid-argument', detail: expect.stringContaining('stdio') }]);
  const raw = await fetch(`${server.url}/v1/invoke/one?set=stdio`, { method: 'POST', body: 'x' });
  expect(raw.status).toBe(400);
  expect((await fetch(`${server.url}/v1/invoke/copy`, { method: 'POST', body: tar, headers: { 'content-type': 'application/x-tar' } })).status).toBe(200);
});

it('the boundary of an answer cannot be guessed from anything in it', async () => {
  const boundaries = await Promise.all([1, 2].map(async () => {
    const { headers } = await fetch(`${server.url}/v1/invoke/copy`, { method: 'POST', body: 'x', headers: { accept: 'multipart/form-data' } });
    const [, boundary = ''] = /boundary=(\S+)/.exec(headers.get('content-type') ?? '') ?? [];
    expect(boundary).not.toContain(headers.get('pappus-invocation'));
    return boundary;
  }));
  expect(boundaries[0]).toMatch(/^pappus-[0-9a-f]{32}$/);
  expect(boundaries[0]).not.toBe(boundaries[1]);
});

describe('a body of items that goes wrong', () => {
  it('before anything was answered is refused as any other', async () => {
    const garbage = client('late');
    await garbage.item('a', 'x', bytes('1'));
    await garbage.bytes(Buffer.alloc(512, 'garbage'));
    const refused = await garbage.response;
    expect([refused.statusCode, JSON.parse(await received(refused))]).toMatchObject([400, { code: 'corrupt-data' }]);
    garbage.leave();
    const stranger = client('late');
    await stranger.item('aa', 'x', bytes('1'));
    expect(JSON.parse(await received(await stranger.response))).toMatchObject({ status: 400, hint: 'Did you mean a?' });
    stranger.leave();
    const tooMuch = client('late');
    for (let index = 0; index < 9; index++) void tooMuch.item('a', `i${index}`, new Uint8Array(1_000_000));
    const response = await tooMuch.response;
    expect([413, 429]).toContain(response.statusCode);
    tooMuch.leave();
    await nothingLeft();
  });

  it('after something was answered breaks the answer off, and says why', async () => {
    const sender = client('one');
    await sender.item('a', 'x', bytes('content of x'));
    const response = await sender.response;
    await received(response, 'content of x');
    await sender.bytes(Buffer.alloc(512, 'garbage'));
    const rest = await received(response);
    expect(rest).toContain('PAPPUS.problem');
    expect(rest).toContain('broken off');
    await nothingLeft();
  });

  it('in a function ends the upload', async () => {
    const sender = client('traps');
    await sender.item('a', 'x', bytes('1'));
    const response = await sender.response;
    expect([response.statusCode, JSON.parse(await received(response))]).toMatchObject([500, { failure: { function: 'trap', items: ['x'] } }]);
    await nothingLeft();
    sender.leave();
  });

  it('since its client leaves leaves nothing behind', async () => {
    const sender = client('endless');
    await sender.item('a', 'x', new Uint8Array(300_000));
    await sender.bytes(new Uint8Array(0));
    while ((await gauge('pappus_body_bytes')) === 0);
    sender.leave();
    await nothingLeft();
    expect(text(await server.client.invokeRaw('copy', 'still here'))).toBe('still here');
  });
});
