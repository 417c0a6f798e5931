/**
 * The hash that names a version: lower-case hex of SHA-256 over
 *
 *   function      "pappus-function-v1\n"  canonical JSON of the spec "\n"  bytes of the code as deployed
 *   composition   "pappus-composition-v1\n"  name "\n"  source text, UTF-8
 *
 * Canonical JSON has no white space and the keys of every object in order of their UTF-16 code units, so it holds no
 * line feed and the parts cannot be shifted against each other. A function's name is not in its hash: the same
 * function under two names shares compiled code and remembered results. A composition's is, since one text holds
 * several. Times, prepared bytes and reports are not: they follow from the rest.
 */
import { createHash } from 'node:crypto';
import type { FunctionHash, FunctionSpec } from '../functions/function-spec.ts';

export function functionHash(spec: FunctionSpec, code: Uint8Array): FunctionHash {
  return createHash('sha256').update(`pappus-function-v1\n${canonicalJson(spec)}\n`).update(code).digest('hex');
}

export function compositionHash(name: string, source: string): FunctionHash {
  return createHash('sha256').update(`pappus-composition-v1\n${name}\n${source}`).digest('hex');
}

export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (isRecord(inner) ? sorted(inner) : inner));
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON.stringify follows insertion order, except for keys that look like array indices, which come first in any case. */
function sorted(record: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(record).sort()) result[key] = record[key];
  return result;
}
