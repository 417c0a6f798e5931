/**
 * A multipart body in memory as parts: views of its bytes, no copies (RFC 7578, RFC 2046). A parser of streams would hand
 * out each part in pieces that have to be put together again, so a gigabyte would be in memory twice; and those that
 * there are keep the headers of a part to themselves, of which `Pappus-Key` is one.
 */
import { AppError } from '@pappus/core';
import { MAX_ITEMS_PER_REQUEST, MAX_PART_HEADER_BYTES } from '../limits.ts';
import { corrupt, delimiterOf, describePart, readHeaders, toldLength, type Part } from './multipart-part.ts';

const HEADERS_END = Buffer.from('\r\n\r\n');
const CR = 13;
const LF = 10;
const DASH = 45;

/** Throws `corrupt-data` for a body that is not what its content type says, `resource-exhausted` for too many parts. */
export function readMultipart(body: Uint8Array, contentType: string): readonly Part[] {
  const delimiter = delimiterOf(contentType);
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const parts: Part[] = [];
  // What stands before the first boundary says nothing; at the very beginning it lacks its line break.
  let at = bytes.subarray(0, delimiter.length - 2).equals(delimiter.subarray(2)) ? delimiter.length - 2 : behind(bytes, delimiter, 0);
  for (;;) {
    const start = partStart(bytes, at);
    if (start === null) return parts;
    if (parts.length === MAX_ITEMS_PER_REQUEST) throw tooManyParts();
    const { headers, dataAt } = headersAt(bytes, start);
    const end = endOfData(bytes, dataAt, delimiter, toldLength(headers));
    parts.push(describePart(headers, bytes.subarray(dataAt, Math.max(dataAt, end))));
    at = end + delimiter.length;
  }
}

export const tooManyParts = (): AppError => new AppError('resource-exhausted', `the body has more than ${MAX_ITEMS_PER_REQUEST} parts`);

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

function headersAt(bytes: Buffer, start: number): { readonly headers: ReadonlyMap<string, string>; readonly dataAt: number } {
  // No header at all: the empty line comes at once.
  if (bytes[start] === CR && bytes[start + 1] === LF) return { headers: NO_HEADERS, dataAt: start + 2 };
  const window = bytes.subarray(start, start + MAX_PART_HEADER_BYTES);
  const end = window.indexOf(HEADERS_END);
  if (end < 0) throw corrupt(`the headers of a part have no end within ${MAX_PART_HEADER_BYTES} bytes`);
  return { headers: readHeaders(window.toString('utf8', 0, end)), dataAt: start + end + HEADERS_END.length };
}

const NO_HEADERS: ReadonlyMap<string, string> = new Map();

/** A length that the part gives saves the search through its bytes; it is believed only where a boundary follows. */
function endOfData(bytes: Buffer, dataAt: number, delimiter: Buffer, length: number | null): number {
  const told = dataAt + (length ?? 0);
  if (length !== null && bytes.subarray(told, told + delimiter.length).equals(delimiter)) return told;
  // An empty part may share its line break with the boundary: its end is then before its beginning.
  const found = bytes.indexOf(delimiter, dataAt - 2);
  if (found < 0) throw corrupt('its last part has no end');
  return found;
}
