import { expect, test } from 'vitest';
import type { OutgoingRequest } from './outgoing-request.ts';
import { redirectOf } from './redirect.ts';

const request = (method: string, body: string): OutgoingRequest => ({
  method,
  url: new URL('http://a.example/x'),
  headers: [
    { name: 'Content-Type', value: 'text/plain' },
    { name: 'Authorization', value: 'x' },
    { name: 'A', value: 'b' },
  ],
  body: Buffer.from(body),
});

const outcome = (method: string, status: number, location: string): string => {
  const redirect = redirectOf(request(method, 'body'), status, [{ name: 'location', value: location }]);
  if (redirect.kind !== 'to') return redirect.kind;
  const { request: next } = redirect;
  return `${next.method} ${next.url.href} ${next.headers.map(({ name }) => name).join('+')} ${next.body.length}`;
};

test.each([
  ['POST', 301, '/y', 'GET http://a.example/y Authorization+A 0'],
  ['POST', 302, '/y', 'GET http://a.example/y Authorization+A 0'],
  ['PUT', 302, '/y', 'PUT http://a.example/y Content-Type+Authorization+A 4'],
  ['PUT', 303, '/y', 'GET http://a.example/y Authorization+A 0'],
  ['HEAD', 303, '/y', 'HEAD http://a.example/y Content-Type+Authorization+A 4'],
  ['POST', 307, '/y', 'POST http://a.example/y Content-Type+Authorization+A 4'],
  ['POST', 308, 'https://a.example/y', 'POST https://a.example/y Content-Type+A 4'],
  ['POST', 308, '//b.example', 'POST http://b.example/ Content-Type+A 4'],
  ['GET', 304, '/y', 'none'],
  ['GET', 302, 'http://user:pw@b.example/', 'wrong'],
  ['GET', 302, 'javascript:alert(1)', 'wrong'],
  ['GET', 302, 'http://a b/', 'wrong'],
])('%s with %d to %s: %s', (method, status, location, expected) => expect(outcome(method, status, location)).toBe(expected));

test('without a location is a response like any other', () => expect(redirectOf(request('GET', ''), 302, []).kind).toBe('none'));
