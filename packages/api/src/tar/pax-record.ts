/** pax records: `LENGTH KEY=VALUE\n`, as many as needed, in an entry of their own. */
import { AppError } from '@pappus/core';
import { BLOCK_BYTES, encodeHeader, paddingOf } from './tar-header.ts';

export type PaxRecords = ReadonlyMap<string, string>;

/** The key of an item. */
export const KEY_RECORD = 'PAPPUS.key';
/** Why the file ends here: a problem as JSON. */
export const PROBLEM_RECORD = 'PAPPUS.problem';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The records as an entry: header, records, padding. */
export function encodePax(records: PaxRecords, type: 'x' | 'g'): Uint8Array {
  const lines = [...records].map(([key, value]) => encodeRecord(key, value));
  const size = lines.reduce((sum, line) => sum + line.length, 0);
  const entry = new Uint8Array(BLOCK_BYTES + size + paddingOf(size));
  entry.set(encodeHeader({ name: 'pax', size, type }), 0);
  let at = BLOCK_BYTES;
  for (const line of lines) {
    entry.set(line, at);
    at += line.length;
  }
  return entry;
}

export function decodePax(bytes: Uint8Array): PaxRecords {
  const records = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(decode(bytes.subarray(at, space)));
    if (!Number.isInteger(length) || length <= space - at + 1 || at + length > bytes.length) throw corrupt();
    const record = decode(bytes.subarray(space + 1, at + length - 1));
    const equals = record.indexOf('=');
    if (equals < 1 || bytes[at + length - 1] !== 0x0a) throw corrupt();
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
}

/** The length counts its own digits. */
function encodeRecord(key: string, value: string): Uint8Array {
  const rest = encoder.encode(` ${key}=${value}\n`);
  let length = rest.length + String(rest.length).length;
  if (String(length).length + rest.length !== length) length += 1;
  const line = new Uint8Array(length);
  line.set(encoder.encode(String(length)), 0);
  line.set(rest, length - rest.length);
  return line;
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw corrupt();
  }
}

const corrupt = (): AppError => new AppError('corrupt-data', 'a pax record of the tar file is damaged');
