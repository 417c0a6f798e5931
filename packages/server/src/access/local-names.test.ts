import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startUnderTest, type ServerUnderTest } from '../testing/server-under-test.ts';
import { LocalNames } from './local-names.ts';

const allows = (headers: { readonly host?: string; readonly origin?: string }): boolean => {
  try {
    new LocalNames().check(headers);
    return true;
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'permission-denied' });
    return false;
  }
};

describe('a server without tokens', () => {
  it.each(['127.0.0.1:7077', 'localhost:7077', 'localhost', '[::1]:7077', '127.8.9.10', 'LOCALHOST:1', '2130706433:80'])('takes requests for %s', (host) => {
    expect(allows({ host })).toBe(true);
    expect(allows({ host: 'localhost:7077', origin: `http://${host}` })).toBe(true);
  });

  it.each(['attacker.example:7077', '127.0.0.1.attacker.example', 'localhost.attacker.example', '10.0.0.1', '[::ffff:7f00:1]:80', '0.0.0.0', '127.0.0.1@attacker.example', '', ' ', 'a b', 'x'.repeat(300)])('takes none for %s', (host) => {
    expect(allows({ host })).toBe(false);
  });

  it.each(['http://attacker.example', 'https://attacker.example:7077', 'null', '', 'file://'])('takes none of the page %s', (origin) => {
    expect(allows({ host: 'localhost:7077', origin })).toBe(false);
  });

  it('remembers the good names only', () => {
    const names = new LocalNames();
    for (let round = 0; round < 2; round++) {
      names.check({ host: 'localhost:1' });
      expect(() => names.check({ host: 'attacker.example' })).toThrow('attacker.example');
    }
  });
});

describe('over HTTP', () => {
  let server: ServerUnderTest;
  beforeAll(async () => {
    server = await startUnderTest({});
    await server.deploy('copy');
  });
  afterAll(() => server.stop());

  const status = (method: string, path: string, headers: Readonly<Record<string, string>>): Promise<number> =>
    new Promise((resolve, reject) => {
      const asked = request(`${server.url}${path}`, { method, headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      asked.on('error', reject);
      asked.end(method === 'POST' ? 'x' : undefined);
    });

  it.each([['POST', '/v1/invoke/copy'], ['GET', '/v1/functions'], ['GET', '/metrics']])('%s %s is refused for other names and pages', async (method, path) => {
    expect(await status(method, path, {})).toBe(200);
    expect(await status(method, path, { host: 'attacker.example:7077' })).toBe(403);
    expect(await status(method, path, { origin: 'http://attacker.example' })).toBe(403);
  });
});
