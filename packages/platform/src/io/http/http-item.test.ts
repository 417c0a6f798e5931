import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { garbageProperty, requestRoundTrip, responseRoundTrip } from '../testing/http-item-properties.ts';
import { parseRequest, type HttpRequest } from './http-request.ts';
import { parseResponse } from './http-response.ts';
import { outgoingRequest, type OutgoingRequest } from './outgoing-request.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

function read(text: string): HttpRequest {
  const parsed = parseRequest(bytes(text));
  if (parsed.kind === 'malformed') throw new Error(parsed.problem);
  return parsed.request;
}

/** What is wrong with an item, or the request that it is. */
function checked(text: string): OutgoingRequest | string {
  const parsed = parseRequest(bytes(text));
  if (parsed.kind === 'malformed') return parsed.problem;
  const outgoing = outgoingRequest(parsed.request);
  return outgoing.kind === 'malformed' ? outgoing.problem : outgoing.request;
}

describe('a request item', () => {
  test('is a request line, headers, an empty line and any bytes', () => {
    const request = read('PUT http://a.example/x?y HTTP/1.1\nContent-Type:text/plain\nX-Empty:\nX-Odd: \t \xe9a: b \t\n\n\0body\n\n\xff');
    expect(request).toMatchObject({ method: 'PUT', url: 'http://a.example/x?y' });
    expect(request.headers).toEqual([
      { name: 'Content-Type', value: 'text/plain' },
      { name: 'X-Empty', value: '' },
      { name: 'X-Odd', value: '\xe9a: b' },
    ]);
    expect(Buffer.from(request.body).toString('latin1')).toBe('\0body\n\n\xff');
  });

  test('may have CR LF, and leaves that of the body alone', () => {
    const request = read('GET http://a.example/ HTTP/1.1\r\nA: b\r\n\r\nc\r\n');
    expect(request.headers).toEqual([{ name: 'A', value: 'b' }]);
    expect(Buffer.from(request.body).toString()).toBe('c\r\n');
  });

  test.each(['GET http://a.example/ HTTP/1.1', 'GET http://a.example/ HTTP/1.1\n', 'GET http://a.example/ HTTP/1.1\nA: b', 'GET http://a.example/ HTTP/1.0\n\n'])('may end with its headers: %j', (text) => {
    expect(read(text).body.length).toBe(0);
  });

  test.each([
    ['', 'is empty'],
    ['\n', 'begins with an empty line'],
    ['GET', 'expected METHOD URL HTTP/1.1'],
    ['GET  http://a.example/ HTTP/1.1', 'with single spaces'],
    ['GET http://a.example/ HTTP/1.1 x', 'expected METHOD URL HTTP/1.1'],
    ['G(T http://a.example/ HTTP/1.1', 'has the method'],
    [`${'G'.repeat(65)} http://a.example/ HTTP/1.1`, 'has the method'],
    ['GET http://a.example/ HTTP/2.0', 'expected HTTP/1.1'],
    ['GET http://\xe4.example/ HTTP/1.1', 'percent-encoded'],
    [`GET http://a.example/${'x'.repeat(9_000)} HTTP/1.1`, 'has a URL of 9017 characters'],
    ['GET http://a.example/ HTTP/1.1\nA: b\n c\n\n', 'goes on in the next line'],
    ['GET http://a.example/ HTTP/1.1\nA : b\n\n', 'has the header name "A "'],
    ['GET http://a.example/ HTTP/1.1\nA\n\n', 'without ":"'],
    ['GET http://a.example/ HTTP/1.1\nA: b\rB: c\n\n', 'control character'],
    ['GET http://a.example/ HTTP/1.1\nA: \0\n\n', 'control character'],
    [`GET http://a.example/ HTTP/1.1\n${'A: b\n'.repeat(257)}\n`, 'more than 256 headers'],
    [`GET http://a.example/ HTTP/1.1\nA: ${'b'.repeat(70_000)}\n\n`, 'more than 65536 bytes'],
    ['CONNECT http://a.example/ HTTP/1.1', 'tunnel'],
    ['GET /path HTTP/1.1', 'expected an absolute http:// or https:// URL'],
    ['GET ftp://a.example/ HTTP/1.1', 'expected an absolute http:// or https:// URL'],
    ['GET file:///etc/passwd HTTP/1.1', 'expected an absolute'],
    ['GET http:///etc HTTP/1.1', 'expected an absolute'],
    ['GET http:a.example HTTP/1.1', 'expected an absolute'],
    ['GET http://a.example\\@b.example/ HTTP/1.1', 'backslash'],
    ['GET http://user:secret@a.example/ HTTP/1.1', 'Authorization'],
    ['GET http://a.example:99999/ HTTP/1.1', 'is not a URL'],
    ['GET http://a.example/ HTTP/1.1\nHost: b.example\n\n', 'has the header Host: "b.example", but its URL is of a.example'],
    ['GET http://a.example/ HTTP/1.1\nContent-Length: 4\n\nabc', 'its body has 3 bytes'],
    ['GET http://a.example/ HTTP/1.1\nTransfer-Encoding: chunked\n\n', 'transfer-encoding'],
    ['GET http://a.example/ HTTP/1.1\nUpgrade: h2c\n\n', 'upgrade'],
  ])('that is wrong is refused: %j', (text, problem) => {
    expect(checked(text)).toEqual(expect.stringContaining(problem));
  });

  test('as another client would send it: what belongs to the connection is left out', () => {
    const request = checked('POST http://A.example:80/x#part HTTP/1.1\nHost: a.example\nConnection: close\nContent-Length: 2\nAccept: */*\n\nok');
    expect(request).toMatchObject({
      headers: [
        { name: 'Accept', value: '*/*' },
        { name: 'User-Agent', value: 'pappus' },
      ],
    });
    expect((request as OutgoingRequest).url.href).toBe('http://a.example/x');
  });
});

test('a response item is read back', () => {
  expect(parseResponse(bytes('HTTP/1.1 204\nA: b\n\n'))).toMatchObject({ response: { status: 204, reason: '', headers: [{ name: 'A', value: 'b' }] } });
  expect(parseResponse(bytes('HTTP/1.1 99 x\n\n')).kind).toBe('malformed');
});

test('printing and reading requests are inverse', () => fc.assert(requestRoundTrip, { numRuns: 300 }));

test('printing and reading responses are inverse', () => fc.assert(responseRoundTrip, { numRuns: 300 }));

test('garbage is named in one line or read as what it prints as', () => fc.assert(garbageProperty, { numRuns: 2_000 }));
