/** What holds of the HTTP-item parser for every item: checked on a few in the unit tests, on many in the fuzz suite. */
import fc from 'fast-check';
import { MAX_METHOD_CHARS } from '../limits.ts';
import type { Header } from '../http/message-head.ts';
import { parseRequest, printRequest, type HttpRequest } from '../http/http-request.ts';
import { parseResponse, printResponse, type HttpResponse } from '../http/http-response.ts';
import { outgoingRequest } from '../http/outgoing-request.ts';

const TOKEN_CHARS = "!#$%&'*+-.^_`|~0123456789ABCXYZabcxyz";
const charsOf = (text: string, maxLength: number, minLength = 0): fc.Arbitrary<string> => fc.string({ unit: fc.constantFrom(...text.split('')), minLength, maxLength });
const latin1 = (from: number, to: number): string => String.fromCharCode(...Array.from({ length: to - from + 1 }, (_, index) => from + index));
const VALUE_CHARS = `\t${latin1(0x20, 0x7e)}${latin1(0x80, 0xff)}`;
const blanksOff = (text: string): string => text.replace(/^[\t ]+|[\t ]+$/g, '');

const token: fc.Arbitrary<string> = charsOf(TOKEN_CHARS, 12, 1);
export const header: fc.Arbitrary<Header> = fc.record({ name: token, value: charsOf(VALUE_CHARS, 20).map(blanksOff) });
const headers = fc.array(header, { maxLength: 8 });
const body = fc.uint8Array({ maxLength: 64 });

const request: fc.Arbitrary<HttpRequest> = fc.record({
  method: charsOf(TOKEN_CHARS, MAX_METHOD_CHARS, 1),
  url: charsOf(latin1(0x21, 0x7e), 30, 1),
  headers,
  body,
});

const response: fc.Arbitrary<HttpResponse> = fc.record({ status: fc.integer({ min: 100, max: 999 }), reason: charsOf(VALUE_CHARS, 20), headers, body });

const pieces = fc.constantFrom('GET', 'POST', ' ', '  ', '\t', 'http://', 'https://', 'a.example', '[::1]', ':80', '/', '?q', '#f', '@', '\\', '%2f', ' HTTP/1.1', ' HTTP/9', '\n', '\r\n', '\r', '\n\n', ':', 'Host', 'Content-Length: 3', 'X: y', '\0', '\xff', 'chunked');
const garbage: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.array(pieces, { maxLength: 20 }).map((parts) => Buffer.from(parts.join(''), 'latin1')),
  fc.tuple(request, fc.array(fc.tuple(fc.nat({ max: 200 }), fc.nat({ max: 255 })), { maxLength: 3 })).map(([whole, changes]) => changed(printRequest(whole), changes)),
);

function changed(bytes: Uint8Array, changes: readonly (readonly [number, number])[]): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
  return copy;
}

const LONGEST_PROBLEM = 1_000;
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;

function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** Garbage is named in one short line, or read as a request that prints as what was read. */
function checkGarbage(data: Uint8Array): void {
  const parsed = parseRequest(data);
  if (parsed.kind === 'malformed') return checkProblem(parsed.problem);
  const printed = printRequest(parsed.request);
  const again = parseRequest(printed);
  holds(again.kind === 'request' && Buffer.from(printRequest(again.request)).equals(printed), 'what was read prints as something else');
  for (const { name, value } of parsed.request.headers) holds(!CONTROL.test(name + value), 'a control character came through');
  const checked = outgoingRequest(parsed.request);
  if (checked.kind === 'malformed') return checkProblem(checked.problem);
  const { url } = checked.request;
  holds(url.protocol === 'http:' || url.protocol === 'https:', `scheme ${url.protocol}`);
  holds(url.username === '' && url.password === '' && url.hash === '', 'a URL with more than place, path and query');
  holds(!CONTROL.test(url.href) && !url.href.includes(' '), 'a URL with blanks or control characters');
}

function checkProblem(problem: string): void {
  holds(/^[\x20-\x7e]+$/.test(problem) && problem.length < LONGEST_PROBLEM, `problem ${problem}`);
}

export const garbageProperty: fc.IProperty<[Uint8Array]> = fc.property(garbage, (data) => {
  checkGarbage(data);
  const parsed = parseResponse(data);
  if (parsed.kind === 'malformed') checkProblem(parsed.problem);
});

const same = (left: unknown, right: unknown): void => holds(JSON.stringify(left) === JSON.stringify(right), `${JSON.stringify(left)} is not ${JSON.stringify(right)}`);
const plain = (message: HttpRequest | HttpResponse): unknown => ({ ...message, body: [...message.body] });

export const requestRoundTrip: fc.IProperty<[HttpRequest]> = fc.property(request, (sent) => {
  const parsed = parseRequest(printRequest(sent));
  same(parsed.kind === 'request' ? plain(parsed.request) : parsed, plain(sent));
});

export const responseRoundTrip: fc.IProperty<[HttpResponse]> = fc.property(response, (sent) => {
  const parsed = parseResponse(printResponse(sent));
  same(parsed.kind === 'response' ? plain(parsed.response) : parsed, plain(sent));
});
