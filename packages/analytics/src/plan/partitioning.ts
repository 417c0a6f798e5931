/**
 * How a plan's rows lie on the workers, and how that survives operators. Keys are texts of expressions over the
 * plan's output columns (`expressionKey`); one key may have several equal texts, after a join on it.
 */
import type { Expression } from './expression.ts';
import { columnKey, expressionKey, renameKey } from './expression.ts';

export type Partitioning =
  /** All rows on worker 0. */
  | { readonly kind: 'single' }
  /** All rows on every worker. */
  | { readonly kind: 'replicated' }
  /** Equal keys on the same worker: worker = hash(keys in this order) % workers. Each key lists its equal texts. */
  | { readonly kind: 'hash'; readonly keys: readonly (readonly string[])[] }
  /** Each row on one worker, no matter which. */
  | { readonly kind: 'any' };

export const SINGLE: Partitioning = { kind: 'single' };
export const REPLICATED: Partitioning = { kind: 'replicated' };
export const ANY: Partitioning = { kind: 'any' };

/** Whether each row is on one worker and the workers have different ones. */
export const isSpread = (partitioning: Partitioning): boolean => partitioning.kind === 'any' || partitioning.kind === 'hash';

export const hashed = (keys: readonly Expression[]): Partitioning => ({ kind: 'hash', keys: keys.map((key) => [expressionKey(key)]) });

/** The partitioning with each key's texts replaced; `any` when a key has none left. */
export function renamed(partitioning: Partitioning, rename: (key: string) => readonly string[]): Partitioning {
  if (partitioning.kind !== 'hash') return partitioning;
  const keys = partitioning.keys.map((texts) => texts.flatMap((text) => rename(text)));
  return keys.every((texts) => texts.length > 0) ? { kind: 'hash', keys } : ANY;
}

/** After a projection: a key lives on in every output that computes just it, or with its columns renamed. */
export function projected(partitioning: Partitioning, outputs: readonly Expression[]): Partitioning {
  if (partitioning.kind !== 'hash') return partitioning;
  const places = new Map<string, string[]>();
  const columns = new Map<number, number>();
  outputs.forEach((output, index) => {
    const text = expressionKey(output);
    places.set(text, [...(places.get(text) ?? []), columnKey(index)]);
    if (output.kind === 'column' && !columns.has(output.index)) columns.set(output.index, index);
  });
  return renamed(partitioning, (key) => {
    const compound = renameKey(key, (index) => columns.get(index) ?? null);
    return places.get(key) ?? (compound === null ? [] : [compound]);
  });
}

/** Shifts a key's columns, for the right side of a join. */
export const shiftedKey = (key: string, by: number): string => renameKey(key, (index) => index + by) ?? key;

/** True when equal values of `expressions` are sure to meet on one worker. */
export function colocates(partitioning: Partitioning, expressions: readonly Expression[]): boolean {
  if (partitioning.kind === 'single' || partitioning.kind === 'replicated') return true;
  if (partitioning.kind === 'any') return false;
  const texts = new Set(expressions.map(expressionKey));
  return partitioning.keys.every((key) => key.some((text) => texts.has(text)));
}
