/**
 * A multipart body in memory as parts: views of its bytes, no copies (RFC 7578, RFC 2046). A parser of streams would hand
 * out each part in pieces that have to be put together again, so a gigabyte would be in memory twice; and those that
 * there are keep the headers of a part to themselves, of which `Pappus-Key` is one.
 */
import { AppError } from '@pappus/core';
import { MAX_ITEMS_PER_REQUEST, MAX_PART_HEADER_BYTES } from '../limits.ts';
import { parameterOf } from './media-type.ts';

export interface Part {
  readonly name: string;
  readonly fileName: string | null;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly data: Uint8Array;
}

const MAX_BOUNDARY_CHARS = 256;
const HEADERS_END = Buffer.from('\r\n\r\n');
const CR = 13;
const LF = 10;
const DASH = 45;

/** Throws `corrupt-data` for a body that is not what its content type says, `resource-exhausted` for too many parts. */
export function readMultipart(body: Uint8Array, contentType: string): readonly Part[] {
  const boundary = parameterOf(contentType, 'boundary');
  if (boundary === null || boundary === '' || boundary.length > MAX_BOUNDARY_CHARS) throw corrupt('the content type has no boundary');
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  const parts: Part[] = [];
  // What stands before the first boundary says nothing; at the very beginning it lacks its line break.
  let at = bytes.subarray(0, delimiter.length - 2).equals(delimiter.subarray(2)) ? delimiter.length - 2 : behind(bytes, delimiter, 0);
  for (;;) {
    const start = partStart(bytes, at);
    if (start === null) return parts;
    if (parts.length === MAX_ITEMS_PER_REQUEST) throw new AppError('resource-exhausted', `the body has more than ${MAX_ITEMS_PER_REQUEST} parts`);
    const { headers, dataAt } = readHeaders(bytes, start);
    const dataEnd = endOfData(bytes, dataAt, delimiter, headers.get('content-length'));
    parts.push(describePart(headers, bytes.subarray(dataAt, dataEnd)));
    at = dataEnd + delimiter.length;
  }
}

function behind(bytes: Buffer, delimiter: Buffer, from: number): number {
  const found = bytes.indexOf(delimiter, from);
  if (found < 0) throw corrupt('its boundary does not occur');
  return found + delimiter.length;
}

/** Where the headers of the next part begin, or null at the closing boundary. */
function partStart(bytes: Buffer, at: number): number | null {
  if (bytes[at] === DASH && bytes[at + 1] === DASH) return null;
  let next = at;
  while (bytes[next] === 32 || bytes[next] === 9) next += 1;
  if (bytes[next] !== CR || bytes[next + 1] !== LF) throw corrupt('it ends inside a part, or something else follows a boundary');
  return next + 2;
}

function readHeaders(bytes: Buffer, start: number): { readonly headers: ReadonlyMap<string, string>; readonly dataAt: number } {
  const headers = new Map<string, string>();
  // No header at all: the empty line comes at once.
  if (bytes[start] === CR && bytes[start + 1] === LF) return { headers, dataAt: start + 2 };
  const window = bytes.subarray(start, start + MAX_PART_HEADER_BYTES);
  const end = window.indexOf(HEADERS_END);
  if (end < 0) throw corrupt(`the headers of a part have no end within ${MAX_PART_HEADER_BYTES} bytes`);
  for (const line of window.toString('utf8', 0, end).split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon < 1) throw corrupt('a part has a header without a name');
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { headers, dataAt: start + end + HEADERS_END.length };
}

/** A length that the part gives saves the search through its bytes; it is believed only where a boundary follows. */
function endOfData(bytes: Buffer, dataAt: number, delimiter: Buffer, length: string | undefined): number {
  const told = dataAt + Number(length ?? Number.NaN);
  if (Number.isSafeInteger(told) && told >= dataAt && bytes.subarray(told, told + delimiter.length).equals(delimiter)) return told;
  // An empty part may share its line break with the boundary.
  const found = bytes.indexOf(delimiter, Math.max(0, dataAt - 2));
  if (found < 0) throw corrupt('its last part has no end');
  return Math.max(found, dataAt);
}

function describePart(headers: ReadonlyMap<string, string>, data: Uint8Array): Part {
  const disposition = headers.get('content-disposition') ?? '';
  const name = parameterOf(disposition, 'name');
  if (!/^form-data\b/i.test(disposition) || name === null) throw corrupt('a part has no name: `Content-Disposition: form-data; name="…"`');
  const extended = parameterOf(disposition, 'filename\\*');
  const fileName = extended === null ? parameterOf(disposition, 'filename') : extendedValue(extended);
  return { name: unescaped(name), fileName: fileName === null || fileName === '' ? null : unescaped(fileName), headers, data };
}

/** What browsers and curl write for characters that would end the value. */
const unescaped = (text: string): string => text.replaceAll('%22', '"').replaceAll(/%0D/gi, '\r').replaceAll(/%0A/gi, '\n');

/** `UTF-8''percent%20encoded` (RFC 8187). */
function extendedValue(value: string): string {
  const found = /^utf-8'[^']*'(.*)$/i.exec(value);
  try {
    return decodeURIComponent(found?.[1] ?? '');
  } catch {
    throw corrupt('a file name is not UTF-8');
  }
}

const corrupt = (what: string): AppError => new AppError('corrupt-data', `the multipart body cannot be read: ${what}`);
