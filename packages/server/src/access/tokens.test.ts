import { createHash } from 'node:crypto';
import { PappusClient, ProblemError, type Problem } from '@pappus/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseServerConfig } from '../config/server-config.ts';
import { startUnderTest, text, type ServerUnderTest } from '../testing/server-under-test.ts';
import { TokenBucket } from './token-bucket.ts';

const sha256 = (token: string): string => createHash('sha256').update(token).digest('hex');

let server: ServerUnderTest;

beforeAll(async () => {
  const tokens = [
    { name: 'owner', sha256: sha256('secret-owner') },
    { name: 'rare', sha256: sha256('secret-rare'), quotas: { invocationsPerMinute: 2 } },
    { name: 'deployer', sha256: sha256('secret-deployer'), quotas: { bytesPerMinute: 1_000 } },
    { name: 'rare-deployer', sha256: sha256('secret-rare-deployer'), quotas: { invocationsPerMinute: 1 } },
    { name: 'thin', sha256: sha256('secret-thin'), quotas: { bytesPerMinute: 1_000 } },
    { name: 'single', sha256: sha256('secret-single'), quotas: { concurrent: 1 } },
  ];
  server = await startUnderTest({ config: { tokens }, token: 'secret-owner' });
  await server.deploy('copy');
  await server.deploy('loop');
});
afterAll(() => server.stop());

const as = (token: string | null): PappusClient => new PappusClient({ url: server.url, token });

async function refusal(promise: Promise<unknown>): Promise<ProblemError & { readonly problem: Problem }> {
  const thrown = await promise.then(() => null, (error: unknown) => error);
  expect(thrown).toBeInstanceOf(ProblemError);
  return thrown as ProblemError;
}

describe('tokens', () => {
  it('are asked for by everything but health, readiness and the document', async () => {
    for (const token of [null, 'wrong', 'secret-owne', `secret-owner${'x'.repeat(1_000)}`]) {
      expect((await refusal(as(token).invokeRaw('copy', 'x'))).problem).toMatchObject({ status: 401, code: 'unauthenticated' });
      expect((await refusal(as(token).functions())).problem.status).toBe(401);
      expect((await refusal(as(token).metrics())).problem.status).toBe(401);
      await as(token).health();
      await as(token).ready();
      await as(token).openapi();
    }
    expect((await fetch(`${server.url}/v1/functions`)).headers.get('www-authenticate')).toBe('Bearer');
    expect(text(await as('secret-owner').invokeRaw('copy', 'x'))).toBe('x');
  });

  it('have deployments counted like invocations, with their bytes', async () => {
    const source = (note: string): string => `function copy(in) => (out);\ncomposition c(a) => (b) {\n  copy(in = all a) => (b = out);\n}\n// ${note}\n`;
    const client = as('secret-deployer');
    await client.deployComposition('c', source('x'.repeat(3_000)));
    expect((await refusal(client.deployComposition('c', source('y')))).problem).toMatchObject({ status: 429, detail: expect.stringContaining('bytes') });
    await as('secret-rare-deployer').deployComposition('c', source('z'));
    expect((await refusal(as('secret-rare-deployer').invokeRaw('copy', 'x'))).problem.status).toBe(429);
    await as('secret-owner').remove('c');
  });

  it('have so many invocations a minute', async () => {
    const client = as('secret-rare');
    await client.invokeRaw('copy', 'x');
    await client.invokeRaw('copy', 'x');
    const { problem, retryAfterMs } = await refusal(client.invokeRaw('copy', 'x'));
    expect(problem).toMatchObject({ status: 429, code: 'resource-exhausted', retryable: true });
    expect(retryAfterMs).toBeGreaterThan(20_000);
    expect(retryAfterMs).toBeLessThanOrEqual(30_000);
    await as('secret-owner').invokeRaw('copy', 'x');
  });

  it('have so many bytes a minute, those of answers included', async () => {
    const client = as('secret-thin');
    const body = ReadableStream.from([Buffer.alloc(600)]);
    await (await fetch(`${server.url}/v1/invoke/copy`, { method: 'POST', body, duplex: 'half', headers: { authorization: 'Bearer secret-thin' } } as RequestInit)).text();
    expect((await refusal(client.invokeRaw('copy', 'x'.repeat(100)))).problem.status).toBe(429);
  });

  it('have so many invocations at once', async () => {
    const client = as('secret-single');
    const leaving = new AbortController();
    const first = client.invokeRaw('loop', 'x', { signal: leaving.signal });
    while (!(await server.client.metrics()).includes('pappus_invocations_running 1'));
    expect((await refusal(client.invokeRaw('copy', 'x'))).problem).toMatchObject({ status: 429, detail: 'single runs 1 invocations at once already' });
    leaving.abort();
    await expect(first).rejects.toThrow();
    while (!(await server.client.metrics()).includes('pappus_invocations_running 0'));
    await client.invokeRaw('copy', 'x');
  });
});

describe('a bucket', () => {
  it('fills with time, holds a minute, and lets pass once what is larger than itself', () => {
    const bucket = new TokenBucket(60, 0);
    expect(bucket.take(60, 0)).toBe(0);
    expect(bucket.take(1, 0)).toBe(1_000);
    expect(bucket.take(1, 1_000)).toBe(0);
    expect(bucket.take(120, 1_000_000)).toBe(0);
    expect(bucket.take(1, 1_000_000)).toBe(61_000);
    bucket.charge(-120, 1_000_000);
    expect(bucket.take(60, 2_000_000)).toBe(0);
  });
});

describe('the configuration', () => {
  it('wants tokens for a server that other machines reach', () => {
    for (const host of ['0.0.0.0', '::', '10.1.2.3', 'example.org']) expect(() => parseServerConfig({ folder: 'x', host }), host).toThrow(/there is no token/);
    for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) expect(parseServerConfig({ folder: 'x', host }).host).toBe(host);
    expect(parseServerConfig({ folder: 'x', host: '0.0.0.0', tokens: [{ name: 'a', sha256: sha256('a') }] }).tokens).toHaveLength(1);
  });

  it('is strict, names the nearest key, and cannot be changed', () => {
    expect(() => parseServerConfig({ folder: 'x', prot: 1, http: { maxBodyByte: 1 } }, 'pappus.json')).toThrow(/^pappus\.json: http: there is no key "maxBodyByte": did you mean "maxBodyBytes"\?; there is no key "prot": did you mean "port"\?$/);
    expect(() => parseServerConfig({ folder: 'x', tokens: [{ name: 'a', sha256: sha256('a') }, { name: 'a', sha256: sha256('b') }] })).toThrow(/same name/);
    const config = parseServerConfig({ folder: 'x' });
    expect(() => ((config.http as { maxBodyBytes: number }).maxBodyBytes = 1)).toThrow(TypeError);
  });
});
