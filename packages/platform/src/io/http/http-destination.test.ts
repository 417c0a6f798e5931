/** Requests that try to get where they may not: by redirect, by name, by an answer that changes. */
import { describe, expect, test } from 'vitest';
import { ask, bodyText, context, errorCode, failureOfRun, header, httpServer, item, outputItems, requests, responseOf, testHttp } from '../testing/http-servers.ts';
import type { Asker } from './lane-turns.ts';
import type { ResolvedAddress, Resolver } from './resolver.ts';

const at = (...addresses: readonly string[]): readonly ResolvedAddress[] => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
const names = (table: Readonly<Record<string, readonly string[]>>): Resolver => ({ resolve: async (name) => at(...(table[name] ?? [])) });

describe('a name', () => {
  test.each(['http', 'https'])('is looked up for the lane whose request wants the connection (%s), until that has ended', async (protocol) => {
    const asked = new Map<string, Asker>();
    const resolver: Resolver = {
      resolve: (name, asker) => {
        asked.set(name, asker);
        return name === 'silent.example' ? new Promise(() => {}) : Promise.resolve(at('127.0.0.1'));
      },
    };
    const server = await httpServer((_, response) => response.end());
    const http = testHttp({ resolver, attempts: 1, connectTimeoutMs: 500 });
    const get = (name: string, lane: string): Promise<unknown> => http.run(requests(item(`GET ${protocol}://${name}:${server.port}/ HTTP/1.1\n\n`)), context(undefined, lane));
    await Promise.all([get('silent.example', 'many'), get('quick.example', 'few')]);
    expect([...asked].map(([name, { lane, signal }]) => [name, lane, signal.aborted])).toEqual([
      ['silent.example', 'many', true],
      ['quick.example', 'few', true],
    ]);
  });

  test.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1', 'fd00:ec2::254', '0.0.0.0', '64:ff9b::a9fe:a9fe'])('that resolves to %s fails the run before a connection is made', async (address) => {
    const http = testHttp({ destinations: { allow: ['*'] }, resolver: names({ 'evil.example': [address] }) });
    const failure = failureOfRun(await http.run(requests(item('GET http://evil.example/ HTTP/1.1\n\n', 'it')), context()));
    expect(failure).toMatchObject({ code: 'permission-denied', item: 'it' });
    expect(failure.message).toMatch(/^the destination evil\.example is an? [a-z-]+ address$/);
    expect(failure.message + String(failure.hint)).not.toContain(address);
  });

  test.each(['localhost', 'localhost.', 'a.localhost', 'LOCALHOST'])('such as %s is resolved by the machine and refused', async (name) => {
    const server = await httpServer((_, response) => response.end());
    const outcome = await testHttp({ destinations: { allow: ['*'] }, attempts: 1 }).run(requests(item(`GET http://${name}:${server.port}/ HTTP/1.1\n\n`)), context());
    if (outcome.kind === 'failed') expect(outcome.failure.code).toBe('permission-denied');
    else expect(errorCode(responseOf(outputItems(outcome)[0] as never))).toBe('name-not-found');
    expect(server.connections()).toBe(0);
  });

  test('that has public and private addresses is only connected to by the public ones', async () => {
    const server = await httpServer((_, response) => response.end());
    // 192.0.2.1 is refused as reserved: nothing is left
    const http = testHttp({ destinations: { allow: ['*'] }, resolver: names({ 'mixed.example': ['127.0.0.1', '192.0.2.1'] }), attempts: 1 });
    expect(failureOfRun(await http.run(requests(item(`GET http://mixed.example:${server.port}/ HTTP/1.1\n\n`)), context())).code).toBe('permission-denied');
    expect(server.connections()).toBe(0);
  });

  test('is asked for once, and its answer is where the connection goes', async () => {
    const server = await httpServer((_, response) => response.end('reached'));
    let asked = 0;
    // a second question would be answered with nothing that listens
    const resolver: Resolver = { resolve: async () => at(asked++ === 0 ? '127.0.0.1' : '127.9.9.9') };
    const http = testHttp({ resolver });
    expect(bodyText(await ask(http, `GET http://rebinding.example:${server.port}/ HTTP/1.1\n\n`))).toBe('reached');
    expect(asked).toBe(1);
  });

  test('that changes its answer to a private one after it was public is refused when it is asked again', async () => {
    const addresses = ['198.51.100.1', '127.0.0.1'];
    const http = testHttp({ destinations: { allow: ['*'] }, resolver: { resolve: async () => at(addresses.shift() ?? '127.0.0.1') } });
    for (let round = 0; round < 2; round++) expect(failureOfRun(await http.run(requests(item('GET http://rebinding.example/ HTTP/1.1\n\n')), context())).code).toBe('permission-denied');
  });

  test('of a private destination may be private, one of the link may not', async () => {
    const server = await httpServer((_, response) => response.end('inside'));
    const http = testHttp({ destinations: { allow: ['*'], allowPrivate: ['http://*.corp.example:*'] }, resolver: names({ 'db.corp.example': ['127.0.0.1'], 'cloud.corp.example': ['169.254.169.254'], 'db.example': ['127.0.0.1'] }) });
    expect(bodyText(await ask(http, `GET http://db.corp.example:${server.port}/ HTTP/1.1\n\n`))).toBe('inside');
    for (const name of ['cloud.corp.example', 'db.example']) expect(failureOfRun(await http.run(requests(item(`GET http://${name}:${server.port}/ HTTP/1.1\n\n`)), context())).code).toBe('permission-denied');
  });

  test('with a connection that may reach private addresses lends it to no other request', async () => {
    const server = await httpServer((_, response) => response.end('inside'));
    const http = testHttp({ destinations: { allow: ['*'], allowPrivate: [`http://db.example:${server.port}/api/*`] }, resolver: names({ 'db.example': ['127.0.0.1'] }) });
    expect(bodyText(await ask(http, `GET http://db.example:${server.port}/api/x HTTP/1.1\n\n`))).toBe('inside');
    expect(failureOfRun(await http.run(requests(item(`GET http://db.example:${server.port}/secret HTTP/1.1\n\n`)), context())).code).toBe('permission-denied');
  });
});

describe('a redirect', () => {
  test('is followed, and the response says where it is from', async () => {
    const { port } = await httpServer((request, response) => {
      if (request.url === '/a') response.writeHead(302, { Location: '/b?c' }).end();
      else response.end(`${request.method} ${request.url}`);
    });
    const response = await ask(testHttp(), `POST http://127.0.0.1:${port}/a HTTP/1.1\n\nbody`);
    expect(bodyText(response)).toBe('GET /b?c');
    expect(header(response, 'pappus-url')).toBe(`http://127.0.0.1:${port}/b?c`);
  });

  test.each(['http://127.0.0.1:PORT/', 'http://2130706433:PORT/', 'http://[::ffff:127.0.0.1]:PORT/', '//127.1:PORT/', 'http://0:PORT/', 'http://169.254.169.254/latest/', 'http://inside.example:PORT/'])('to %s is refused, as an item, and nothing is sent there', async (location) => {
    let reached = 0;
    const inside = await httpServer((_, response) => response.end(String(reached++)));
    const outside = await httpServer((_, response) => response.writeHead(307, { Location: location.replace('PORT', String(inside.port)) }).end());
    const http = testHttp({ destinations: { allow: ['*', `http://127.0.0.1:${outside.port}/`] }, resolver: names({ 'inside.example': ['127.0.0.1'] }) });
    const response = await ask(http, `GET http://127.0.0.1:${outside.port}/ HTTP/1.1\n\n`);
    expect(errorCode(response)).toBe('redirect-refused');
    expect(reached).toBe(0);
  });

  test('to what is no web address is a bad response', async () => {
    const { port } = await httpServer((_, response) => response.writeHead(302, { Location: 'file:///etc/passwd' }).end());
    expect(errorCode(await ask(testHttp(), `GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`))).toBe('bad-response');
  });

  test('without end is given up', async () => {
    let asked = 0;
    const { port } = await httpServer((request, response) => response.writeHead(302, { Location: `${request.url}${asked++}` }).end());
    expect(errorCode(await ask(testHttp(), `GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`))).toBe('too-many-redirects');
    expect(asked).toBe(6);
  });

  test('is the response where none are to be followed', async () => {
    const { port } = await httpServer((_, response) => response.writeHead(302, { Location: '/b' }).end());
    const response = await ask(testHttp({ redirects: 0 }), `GET http://127.0.0.1:${port}/ HTTP/1.1\n\n`);
    expect([response.status, header(response, 'location')]).toEqual([302, '/b']);
  });

  test('to another origin takes no secrets along', async () => {
    let seen: readonly (string | undefined)[] = [];
    const other = await httpServer((request, response) => {
      seen = [request.headers.authorization, request.headers.cookie, request.headers['x-kept'] as string];
      response.end();
    });
    const { port } = await httpServer((_, response) => response.writeHead(307, { Location: `http://127.0.0.1:${other.port}/` }).end());
    await ask(testHttp(), `GET http://127.0.0.1:${port}/ HTTP/1.1\nAuthorization: Bearer x\nCookie: a=b\nX-Kept: yes\n\n`);
    expect(seen).toEqual([undefined, undefined, 'yes']);
  });
});
