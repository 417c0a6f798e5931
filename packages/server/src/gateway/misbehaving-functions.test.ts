/** Functions that do too much of something, and names that nobody should have: bounded, reported, and others go on. */
import { itemHead, itemPadding, END_OF_TAR, ProblemError, type FunctionLimits, type Problem } from '@pappus/api';
import { decodeSets } from '@pappus/platform';
import { leanProgramCode, type LeanProgramName } from '@pappus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startUnderTest, text, type ServerUnderTest } from '../testing/server-under-test.ts';

let server: ServerUnderTest;

beforeAll(async () => {
  server = await startUnderTest();
  await server.deploy('copy');
});
afterAll(() => server.stop());

const deploy = async (name: string, program: LeanProgramName, limits: Partial<FunctionLimits>): Promise<unknown> =>
  server.client.deployFunction(name, { inputs: ['in'], outputs: ['out'], limits }, await leanProgramCode(program));
const works = async (): Promise<void> => expect(text(await server.client.invokeRaw('copy', 'still here'))).toBe('still here');

async function problem(promise: Promise<unknown>): Promise<Problem> {
  const thrown = await promise.then(() => null, (error: unknown) => error);
  expect(thrown).toBeInstanceOf(ProblemError);
  return (thrown as ProblemError).problem;
}

describe('a function', () => {
  it('may give 100,000 items where that is its limit, and not one more', async () => {
    await deploy('many', 'flood-items', { outputItems: 100_000 });
    const response = await fetch(`${server.url}/v1/invoke/many`, { method: 'POST', headers: { accept: 'application/vnd.pappus.sets' } });
    expect(decodeSets(new Uint8Array(await response.arrayBuffer()))[0]?.items).toHaveLength(100_000);
    await deploy('too_many', 'flood-items', { outputItems: 99_999 });
    expect(await problem(server.client.invoke('too_many', { in: [] }))).toMatchObject({ status: 500, code: 'function-failed', failure: { kind: 'limit', limit: 'output-items', function: 'too_many' } });
    await works();
  });

  it('that writes 100 MB to its log ends as if it had not, and what is kept is bounded and counted', async () => {
    await deploy('chatty', 'flood-logs', { logBytes: 10_000 });
    expect(text(await server.client.invokeRaw('chatty', 'x'))).toBe('x');
    const { entries } = await server.client.logs('chatty');
    expect(entries.reduce((sum, entry) => sum + entry.text.length, 0)).toBeLessThanOrEqual(10_000);
    expect(entries.reduce((sum, { droppedBytes }) => sum + droppedBytes, 0)).toBeGreaterThanOrEqual(99_990_000);
    await works();
  });

  it('that takes all memory meets its limit, and says so', async () => {
    await deploy('hungry', 'flood-memory', { memoryBytes: 8_388_608 });
    expect(await problem(server.client.invokeRaw('hungry', 'x'))).toMatchObject({ status: 500, failure: { kind: 'limit', limit: 'memory' } });
    await works();
  });

  it('that hangs has in its log what it printed before', async () => {
    await server.client.deployFunction('talks', { kind: 'javascript', inputs: ['in'], outputs: ['out'], limits: { timeMs: 300 } }, Buffer.from('export default () => { console.log("before"); for (;;); }'));
    expect(await problem(server.client.invokeRaw('talks', 'x'))).toMatchObject({ status: 504, failure: { kind: 'limit', limit: 'time' } });
    expect((await server.client.logs('talks')).entries).toMatchObject([{ stream: 'stdout', text: 'before\n', droppedBytes: 0 }]);
    await works();
  });

  it('without end is stopped, and others are served meanwhile', async () => {
    await deploy('endless', 'loop', { timeMs: 3_000 });
    let over = false;
    const endless = problem(server.client.invokeRaw('endless', 'x')).finally(() => (over = true));
    for (let served = 0; served < 6; served++) await works();
    expect(over).toBe(false);
    expect(await endless).toMatchObject({ status: 504, failure: { kind: 'limit', limit: 'time' } });
  });
});

const NAMES = ['../x', 'a/../../x', '/etc/passwd', `a\0${'b'.repeat(120)}`, 'a\u001b[2J', '', '.', 'x'.repeat(1_000_000), 'a/'.repeat(40) + 'a'];
const shown = (name: string): string => JSON.stringify(name.slice(0, 20));

describe.each(NAMES.map((name) => [shown(name), name] as const))('an item with the name %s', (_, name) => {
  const send = (contentType: string, body: Uint8Array): Promise<Response> => fetch(`${server.url}/v1/invoke/copy`, { method: 'POST', headers: { 'content-type': contentType }, body: Uint8Array.from(body) });
  const refused = async (response: Response): Promise<void> => {
    const { status, detail } = (await response.json()) as Problem;
    expect(status).toBe(400);
    expect(detail.length).toBeLessThan(300);
    // oxlint-disable-next-line no-control-regex
    expect(detail).not.toMatch(/[\u0000-\u001f]/);
  };

  it('is refused in a tar file', async () => refused(await send('application/x-tar', Buffer.concat([itemHead('in', name, 0, 1), Buffer.from('x'), itemPadding(1), END_OF_TAR]))));

  // A part without a file name is a value, which gets a name of its own.
  it.skipIf(name === '')('is refused in a form', async () => refused(await send('multipart/form-data; boundary=b', Buffer.from(`--b\r\nContent-Disposition: form-data; name="in"; filename="${name}"\r\n\r\nx\r\n--b--`))));

  it('is refused in a frame', async () => {
    const head = Buffer.alloc(16 + 8 + 12);
    const bytes = Buffer.from(`in${name}`);
    for (const [index, word] of [0x3146_5350, head.length + bytes.length, 1, 1, 2, 1, 0, bytes.length - 2, 1].entries()) head.writeUInt32LE(word, index * 4);
    await refused(await send('application/vnd.pappus.sets', Buffer.concat([head, bytes, Buffer.from('x')])));
  });

  it.skipIf(name.length > 1_000)('is refused in a query', async () => refused(await fetch(`${server.url}/v1/invoke/copy?item=${encodeURIComponent(name)}`, { method: 'POST', body: 'x' })));
});

describe('compositions', () => {
  it('of one text are registered all or none', async () => {
    const good = 'function copy(in) => (out); composition good(a) => (b) { copy(in = all a) => (b = out); }';
    const bad = 'composition bad(a) => (b, c) { copy(in = al a) => (b = out); coppy(in = all a) => (d = out); }';
    const { status, diagnostics } = await problem(server.client.deployComposition('good', `${good}\n${bad}`));
    expect(status).toBe(422);
    expect(diagnostics.length).toBeGreaterThan(1);
    expect((await server.client.compositions()).names).toEqual([]);
  });
});
