/**
 * What the journal says, a line each:
 *
 *   0f3a91c4 {"kind":"deployed","versions":[…]}⏎
 *
 * first CRC-32 of the JSON in eight hex digits. JSON holds no raw line feed, so a reader finds its way back at the next
 * line after any damage, and a line without its feed is one whose writer died.
 */
import { crc32 } from 'node:zlib';
import { AppError } from '@pappus/core';
import type { FunctionHash } from '../functions/function-spec.ts';
import type { FunctionVersion, Version } from './version.ts';

export type RegistryEvent =
  /** Each becomes the latest of its name; one of the same hash is replaced. All of them or none. */
  | { readonly kind: 'deployed'; readonly versions: readonly Version[] }
  /** Prepared again: each takes the place of the version with its name and hash, where there is one. */
  | { readonly kind: 'prepared'; readonly versions: readonly FunctionVersion[] }
  | { readonly kind: 'removed'; readonly versions: readonly { readonly name: string; readonly hash: FunctionHash }[] };

/** The first line of each journal. */
export interface JournalHeader {
  readonly kind: 'format';
  readonly version: number;
}

export const JOURNAL_FORMAT = 1;
export const HEADER: JournalHeader = { kind: 'format', version: JOURNAL_FORMAT };

const SUM_CHARS = 8;
const PREFIX_CHARS = SUM_CHARS + 1;
const KINDS: ReadonlySet<unknown> = new Set(['format', 'deployed', 'prepared', 'removed']);

export function encodeLine(entry: RegistryEvent | JournalHeader): Buffer {
  const json = Buffer.from(JSON.stringify(entry));
  const sum = crc32(json).toString(16).padStart(SUM_CHARS, '0');
  return Buffer.concat([Buffer.from(`${sum} `, 'latin1'), json, NEW_LINE]);
}

const NEW_LINE = Buffer.from('\n');

/** A line without its line feed; null when it is damaged. A whole line of a later version of the format is refused. */
export function decodeLine(line: Buffer): RegistryEvent | JournalHeader | null {
  if (line.byteLength <= PREFIX_CHARS || line[SUM_CHARS] !== 0x20) return null;
  const sum = line.toString('latin1', 0, SUM_CHARS);
  const json = line.subarray(PREFIX_CHARS);
  if (crc32(json).toString(16).padStart(SUM_CHARS, '0') !== sum) return null;
  const entry: unknown = JSON.parse(json.toString('utf8'));
  const kind = typeof entry === 'object' && entry !== null && 'kind' in entry ? entry.kind : null;
  const isLater = kind === 'format' && (entry as JournalHeader).version !== JOURNAL_FORMAT;
  if (isLater || !KINDS.has(kind)) {
    throw new AppError('unsupported', 'the registry was written by a later version of Pappus', { hint: 'Use that version, or another folder.' });
  }
  return entry as RegistryEvent | JournalHeader;
}
