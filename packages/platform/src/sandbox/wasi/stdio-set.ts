/**
 * What the set `stdio` of a caller says: item `argv`: the arguments behind the program's name; `environment`: entries
 * NAME=value; `stdin`. Entries of the first two end with a NUL byte, as in a process; the last one may do without.
 */
import type { ItemSet } from '../../sets/item.ts';
import { MAX_ARGUMENT_BYTES, MAX_ARGUMENTS } from '../limits.ts';
import { RunFailed } from '../run-end.ts';

export interface Stdio {
  readonly args: readonly Buffer[];
  readonly environment: readonly Buffer[];
  readonly stdin: Uint8Array | null;
}

const PROGRAM = Buffer.from('function\0');
const NO_CALLER: Stdio = { args: [PROGRAM], environment: [], stdin: null };
const END = Buffer.from([0]);

/** `declared` is the environment that the function was registered with; the caller's entries replace it by name. */
export function readStdio(stdio: ItemSet | null, declared: Readonly<Record<string, string>>): Stdio {
  const own = Object.entries(declared);
  if (stdio === null && own.length === 0) return NO_CALLER;
  const item = (name: string): Uint8Array | null => stdio?.items.find((each) => each.name === name)?.data ?? null;
  const given = entries('environment', item('environment'));
  const named = new Set(given.map(nameOf));
  const environment = [...own.filter(([name]) => !named.has(name)).map(([name, value]) => Buffer.from(`${name}=${value}\0`)), ...given];
  const args = [PROGRAM, ...entries('argv', item('argv'))];
  const bytes = [...args, ...environment].reduce((sum, entry) => sum + entry.length, 0);
  if (bytes > MAX_ARGUMENT_BYTES) throw tooMany('argv and environment have', bytes, 'bytes', MAX_ARGUMENT_BYTES);
  return { args, environment, stdin: item('stdin') };
}

const tooMany = (what: string, count: number, unit: string, limit: number): RunFailed =>
  new RunFailed({ kind: 'limit', limit: 'memory', message: `${what} ${count} ${unit}: at most ${limit} are allowed` });

/** Each entry with its NUL. They are counted before the first is made. */
function entries(name: string, data: Uint8Array | null): readonly Buffer[] {
  if (data === null) return [];
  if (data.length > MAX_ARGUMENT_BYTES) throw tooMany(`${name} has`, data.length, 'bytes', MAX_ARGUMENT_BYTES);
  const count = data.reduce((sum, byte) => sum + Number(byte === 0), 0);
  if (count > MAX_ARGUMENTS) throw tooMany(`${name} has`, count, 'entries', MAX_ARGUMENTS);
  const list: Buffer[] = [];
  for (let start = 0; start < data.length; ) {
    const end = data.indexOf(0, start);
    const stop = end === -1 ? data.length : end;
    list.push(Buffer.concat([data.subarray(start, stop), END]));
    start = stop + 1;
  }
  return list;
}

function nameOf(entry: Buffer): string {
  const equals = entry.indexOf(61);
  return entry.toString('utf8', 0, equals === -1 ? entry.length - 1 : equals);
}
