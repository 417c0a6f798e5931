/**
 * What the platform does for functions that may not do it themselves. An I/O function looks like any other in a
 * composition: sets in, sets out. It runs in the gateway process, never in an engine, and it holds no guest code.
 *
 * One run gets the partition that the composition's distribution gives. A run is started at most once: what it does is
 * not pure, so the platform does not repeat it as it repeats compute; the function itself retries what is safe to.
 * The table is open: S3, key-value and others come as further entries.
 */
import type { Signature } from '@pappus/composition';
import { AppError, assert, type ErrorCode, type Logger } from '@pappus/core';
import type { Sets } from '../sets/item.ts';

export interface IoContext {
  /** Ends the run; what it has under way is given up. */
  readonly signal: AbortSignal;
  /** Invocation id, for logs. */
  readonly invocation: string;
  /** What was invoked: runs of one lane share what there is with those of the others. */
  readonly lane: string;
  readonly logger: Logger;
}

/** Why a run gave no outputs. */
export interface IoFailure {
  readonly kind: 'io';
  readonly code: ErrorCode;
  /** The name of the input item that it is about, or null. */
  readonly item: string | null;
  readonly message: string;
  /** What the user can do, or null. */
  readonly hint: string | null;
}

export type IoOutcome = { readonly kind: 'done'; readonly outputs: Sets } | { readonly kind: 'failed'; readonly failure: IoFailure };

export interface IoFunction {
  readonly name: string;
  readonly signature: Signature;
  /** Input sets come in the signature's order. Rejects only with the signal's reason, or for our own defects. */
  run(inputs: Sets, context: IoContext): Promise<IoOutcome>;
  /** Ends what is under way and closes connections; may be called twice. */
  stop(): Promise<void>;
}

export interface IoTable {
  /** In the order in which they were given. */
  readonly functions: readonly IoFunction[];
  get(name: string): IoFunction | null;
  stop(): Promise<void>;
}

export function ioTable(functions: readonly IoFunction[]): IoTable {
  const byName = new Map<string, IoFunction>();
  for (const entry of functions) {
    assert(!byName.has(entry.name), `two I/O functions have the name ${entry.name}`);
    byName.set(entry.name, entry);
  }
  return {
    functions: [...functions],
    get: (name) => byName.get(name) ?? null,
    async stop() {
      await Promise.all(functions.map((entry) => entry.stop()));
    },
  };
}

export const ioFailure = (code: ErrorCode, item: string | null, message: string, hint: string | null = null): IoFailure => ({ kind: 'io', code, item, message, hint });

export const failed = (failure: IoFailure): IoOutcome => ({ kind: 'failed', failure });

/** A thrown AppError as a failure of the run; anything else is a defect and goes on. */
export function failureOf(thrown: unknown, item: string | null): IoFailure {
  if (!(thrown instanceof AppError)) throw thrown;
  return ioFailure(thrown.code, item, thrown.message, thrown.hint);
}
