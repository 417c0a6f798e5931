/** The parts of a multipart body that arrives, each as soon as it is whole. Takes and refuses what `readMultipart` does. */
import { MAX_ITEMS_PER_REQUEST, MAX_PART_HEADER_BYTES } from '../limits.ts';
import type { IncomingBytes } from './incoming-bytes.ts';
import { corrupt, delimiterOf, describePart, readHeaders, toldLength, type Part } from './multipart-part.ts';
import { tooManyParts } from './multipart-reader.ts';

const LINE_BREAK = Buffer.from('\r\n');
const HEADERS_END = Buffer.from('\r\n\r\n');

export async function* streamedParts(bytes: IncomingBytes, contentType: string): AsyncGenerator<Part, void, undefined> {
  const delimiter = delimiterOf(contentType);
  // At the very beginning a boundary lacks its line break.
  bytes.unread(LINE_BREAK);
  const preamble = await bytes.gatherUntil(delimiter, Infinity);
  if (preamble === null) throw corrupt('its boundary does not occur');
  bytes.release(preamble.length);
  // Each length that is not so costs a second reading: after one of them, no other is believed.
  let believes = true;
  for (let parts = 0; await partFollows(bytes); parts++) {
    if (parts === MAX_ITEMS_PER_REQUEST) throw tooManyParts();
    const headers = await nextHeaders(bytes);
    const told: number | null = believes ? toldLength(headers) : null;
    const data: Buffer | null = told === null ? null : await toldData(bytes, delimiter, told);
    believes = told === null ? believes : data !== null;
    yield describePart(headers, data ?? (await dataBefore(bytes, delimiter)));
  }
  await bytes.drain();
}

/** Takes what stands behind a boundary; false at the closing one. */
async function partFollows(bytes: IncomingBytes): Promise<boolean> {
  let next = (await bytes.take(2)).toString('latin1');
  if (next === '--') return false;
  while (next[0] === ' ' || next[0] === '\t') next = next.slice(1) + (await bytes.take(1)).toString('latin1');
  if (next !== '\r\n') throw corrupt('it ends inside a part, or something else follows a boundary');
  return true;
}

async function nextHeaders(bytes: IncomingBytes): Promise<ReadonlyMap<string, string>> {
  // No header at all: the empty line comes at once.
  bytes.unread(LINE_BREAK);
  const block = await bytes.gatherUntil(HEADERS_END, MAX_PART_HEADER_BYTES - HEADERS_END.length + LINE_BREAK.length);
  if (block === null) throw corrupt(`the headers of a part have no end within ${MAX_PART_HEADER_BYTES} bytes`);
  bytes.release(block.length);
  return block.length === 0 ? new Map() : readHeaders(block.toString('utf8', LINE_BREAK.length));
}

/** A length that the part gives saves the search through its bytes; it is believed only where a boundary follows: null where none does. */
async function toldData(bytes: IncomingBytes, delimiter: Buffer, told: number): Promise<Buffer | null> {
  const data = await bytes.gather(told);
  const behind = Buffer.from(await bytes.take(delimiter.length));
  if (data.length === told && behind.equals(delimiter)) return data;
  bytes.unread(behind);
  bytes.putBack(data);
  return null;
}

async function dataBefore(bytes: IncomingBytes, delimiter: Buffer): Promise<Buffer> {
  // An empty part may share its line break with the boundary.
  bytes.unread(LINE_BREAK);
  const found = await bytes.gatherUntil(delimiter, Infinity);
  if (found === null) throw corrupt('its last part has no end');
  const data = found.subarray(LINE_BREAK.length);
  bytes.release(found.length - data.length);
  return data;
}
