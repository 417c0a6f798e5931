/** Deploying, listing, describing and removing over HTTP, by every method of the client. */
import { OPERATIONS, ProblemError, type Problem } from '@pappus/api';
import { leanProgramCode } from '@pappus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startUnderTest, type ServerUnderTest } from '../testing/server-under-test.ts';

let server: ServerUnderTest;

beforeAll(async () => {
  server = await startUnderTest();
});
afterAll(() => server.stop());

async function problem(promise: Promise<unknown>): Promise<Problem> {
  const thrown = await promise.then(() => null, (error: unknown) => error);
  expect(thrown).toBeInstanceOf(ProblemError);
  return (thrown as ProblemError).problem;
}

const CHAIN = `
  function copy(in) => (out);
  composition twice(a) => (c) { copy(in = all a) => (b = out); copy(in = all b) => (c = out); }`;

describe('functions', () => {
  it('are one version where they have the same content, and then the answer is 200', async () => {
    const code = await leanProgramCode('copy');
    const put = (): Promise<Response> => fetch(`${server.url}/v1/functions/copy?in=in&out=out`, { method: 'PUT', body: Uint8Array.from(code), headers: { 'content-type': 'application/wasm' } });
    const first = await put();
    const body = (await first.json()) as { readonly hash: string };
    expect([first.status, body]).toMatchObject([201, { name: 'copy', created: true, isolation: { mode: 'reset', abi: 'lean' }, breaks: [] }]);
    const again = await put();
    expect([again.status, await again.json()]).toMatchObject([200, { hash: body.hash, created: false }]);
    const multipart = await server.client.deployFunction('copy', { inputs: ['in'], outputs: ['out'] }, code);
    expect(multipart).toMatchObject({ hash: body.hash, created: false });
  });

  it('cannot have the name of a function of the platform, on or off', async () => {
    for (const name of ['HTTP', 'Files']) {
      const refused = await problem(server.client.deployFunction(name, { inputs: ['in'], outputs: ['out'] }, await leanProgramCode('copy')));
      expect(refused.problems).toEqual([`${name} is the name of one of the platform's own functions`]);
    }
    const wanted = [server.client.invokeRaw('Files', 'x'), server.client.describe('Files'), server.client.remove('Files')];
    for (const each of wanted) expect(await problem(each)).toMatchObject({ status: 404, hint: expect.stringContaining('start the server with --files') as string });
  });

  it('are refused with all that is wrong, and nothing is registered', async () => {
    const strange = await leanProgramCode('strange');
    const spec = { inputs: ['1'], outputs: ['out'], memoise: true };
    const refused = await problem(server.client.deployFunction('9lives', spec, strange));
    expect(refused).toMatchObject({ status: 422, code: 'refused' });
    expect(refused.problems).toHaveLength(3);
    expect(refused.problems.join('\n')).toMatch(/"9lives" is no name[^]*inputs\.0[^]*did you mean "memoize"/);
    const both = await problem(server.client.deployFunction('9lives', { inputs: [], outputs: [] }, strange));
    expect(both.problems.join('\n')).toMatch(/"9lives" is no name[^]*"socket" from "env"[^]*exports no function/);
    const module = await problem(server.client.deployFunction('strange', { inputs: [], outputs: [] }, strange));
    expect(module.problems.join('\n')).toMatch(/"socket" from "env"[^]*exports no function/);
    expect((await problem(server.client.deployFunction('none', { inputs: [], outputs: [] }, new Uint8Array(0)))).problems).toEqual(['there is no code']);
    expect((await problem(server.client.describe('strange'))).status).toBe(404);
  });

  it.each([
    ['/v1/functions/x', 'code', 'application/wasm', 400],
    ['/v1/functions/x?in=a&outt=b', 'code', 'application/wasm', 400],
    ['/v1/functions/x?spec=%7B', 'code', 'application/wasm', 400],
    ['/v1/functions/x?spec={}&in=a', 'code', 'application/wasm', 400],
    ['/v1/functions/x?in=a&out=b', 'code', 'application/wasm', 422],
    ['/v1/functions/x', '--b--', 'multipart/form-data; boundary=b', 400],
    ['/v1/compositions/x', '\xff', 'text/plain', 422],
  ])('PUT %s with %j as %s is answered by %i', async (path, body, type, status) => {
    const response = await fetch(server.url + path, { method: 'PUT', body, headers: { 'content-type': type } });
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
  });

  it('are described with isolation, limits, versions and callers', async () => {
    const description = await server.client.describe('copy');
    expect(description).toMatchObject({ kind: 'function', name: 'copy', isLatest: true, signature: { inputs: ['in'], outputs: ['out'] }, spec: { limits: { timeMs: 30_000 } }, isolation: { mode: 'reset' }, callers: [] });
    expect(description.versions).toHaveLength(1);
    expect((await problem(server.client.describeComposition('copy'))).hint).toBe('See /v1/functions/copy.');
  });
});

describe('compositions', () => {
  it('are deployed with everything in their text, described with their source, and called functions stay', async () => {
    const deployed = await server.client.deployComposition('twice', CHAIN);
    expect(deployed).toMatchObject({ name: 'twice', created: true, versions: [{ name: 'twice' }], breaks: [] });
    expect(await server.client.deployComposition('twice', CHAIN)).toMatchObject({ hash: deployed.hash, created: false });
    expect(await server.client.describe('twice')).toMatchObject({ kind: 'composition', source: CHAIN, calls: ['copy'], problems: [], signature: { inputs: ['a'], outputs: ['c'] } });
    expect(await problem(server.client.remove('copy'))).toMatchObject({ status: 409, code: 'in-use', problems: ['twice calls it'] });
    expect((await server.client.describe('copy')).callers).toEqual(['twice']);
  });

  it('are refused with line, column, message and hint of everything that is wrong', async () => {
    const source = 'function coppy(in) => (out);\ncomposition bad(a) => (b) {\n  coppy(in = all aa) => (b = out);\n}';
    const { status, diagnostics } = await problem(server.client.deployComposition('bad', source));
    expect(status).toBe(422);
    expect(diagnostics.map(({ code, line, column, endColumn, hint }) => [code, line, column, endColumn, hint])).toEqual([
      ['unregistered-function', 1, 10, 15, 'did you mean `copy`?'],
      ['unused-input', 2, 17, 18, null],
      ['unknown-set', 3, 18, 20, 'did you mean `a`?'],
    ]);
    expect(await problem(server.client.deployComposition('other', CHAIN))).toMatchObject({ status: 422, problems: ['the text holds no composition other'] });
  });
});

describe('lists', () => {
  it('come page by page', async () => {
    await server.deploy('trap', 'a1');
    await server.deploy('trap', 'a2');
    const first = await server.client.functions({ limit: 2 });
    expect([first.names.map(({ name }) => name), first.next]).toEqual([['a1', 'a2'], 'a2']);
    const second = await server.client.functions({ after: 'a2' });
    expect([second.names.map(({ name }) => name), second.next]).toEqual([['copy'], null]);
    expect((await server.client.compositions()).names.map(({ name }) => name)).toEqual(['twice']);
    expect((await Array.fromAsync(server.client.list())).map(({ name }) => name)).toEqual(['a1', 'a2', 'copy', 'twice']);
    expect((await problem(server.client.functions({ limit: 0 }))).status).toBe(400);
  });

  it('lose what is removed, one version or all', async () => {
    const code = await leanProgramCode('trap');
    const { hash } = await server.client.deployFunction('a1', { inputs: ['in'], outputs: ['out'], limits: { timeMs: 5 } }, code);
    expect(await server.client.remove(`a1@${hash}`)).toEqual({ removed: [{ name: 'a1', hash }] });
    expect((await server.client.remove('a1')).removed).toHaveLength(1);
    expect((await server.client.remove('twice')).removed).toHaveLength(1);
    expect((await server.client.remove('copy', { force: true })).removed).toHaveLength(1);
    expect((await problem(server.client.remove('copy'))).status).toBe(404);
  });
});

describe('the server', () => {
  it('answers every operation of its document, and nothing else', async () => {
    const document = (await server.client.openapi()) as { readonly paths: Readonly<Record<string, unknown>> };
    expect(Object.keys(document.paths)).toHaveLength(new Set(OPERATIONS.map(({ path }) => path)).size);
    for (const { method, path, id } of OPERATIONS) {
      const response = await fetch(server.url + path.replaceAll(/\{\w+\}/g, 'nothing'), { method: method.toUpperCase() });
      await response.text();
      expect([404, 405].includes(response.status) && !(response.headers.get('content-type') ?? '').includes('problem'), id).toBe(false);
      expect(response.status, id).not.toBe(405);
    }
    for (const path of ['/', '/v1', '/v1/nothing', '/v1/functions/', '/v1/functions/a/b']) expect((await fetch(server.url + path)).status, path).toBe(404);
    for (const [path, allow] of [['/v1/functions', 'GET, HEAD'], ['/v1/functions/x', 'PUT, GET, HEAD, DELETE'], ['/v1/invoke/x', 'POST']] as const) {
      const refused = await fetch(`${server.url}${path}`, { method: 'PATCH' });
      expect([refused.status, refused.headers.get('allow')]).toEqual([405, allow]);
    }
  });

  it('is healthy and ready', async () => {
    await server.client.health();
    await server.client.ready();
  });
});
