/** How invocations end. A function that fails is an expected outcome; what the platform cannot do rejects. */
import { AppError } from '@pappus/core';
import type { EngineFailure } from '../engine/compute-engine.ts';
import type { IoFailure } from '../io/io-function.ts';
import type { RunFailure } from '../sandbox/sandbox.ts';
import type { ItemSet, Sets } from '../sets/item.ts';
import { MAX_NAMES_IN_FAILURE } from './limits.ts';
import type { Trace } from './trace.ts';

/** The first run that failed; the others were cancelled. */
export interface InvocationFailure {
  readonly invocation: string;
  readonly function: string;
  /** Place of the application in its plan; of nested compositions, `outer.inner`. */
  readonly application: string;
  readonly run: number;
  /** Names of items that the run got, as far as they are known here: not those that only a thread saw. */
  readonly items: readonly string[];
  readonly failure: RunFailure | EngineFailure | IoFailure;
}

export interface Usage {
  /** Runs that were started; a segment counts as one. */
  readonly tasks: number;
  /** Time on threads, in µs. */
  readonly busyUs: number;
  readonly elapsedMs: number;
}

interface Ended {
  readonly usage: Usage;
  /** Null unless asked for. */
  readonly trace: Trace | null;
}

export type InvocationResult =
  /** `outputs` hold no items where these were handed on as they came. */
  | ({ readonly kind: 'done'; readonly outputs: Sets } & Ended)
  | ({ readonly kind: 'failed'; readonly failure: InvocationFailure } & Ended);

/** There is no room for another invocation now. */
export class SaturatedError extends AppError {
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super('resource-exhausted', message, { retryable: true, hint: `Try again in ${Math.ceil(retryAfterMs / 1_000)} s.` });
    this.retryAfterMs = retryAfterMs;
  }
}

export function itemNames(sets: readonly ItemSet[]): readonly string[] {
  const names: string[] = [];
  for (const { items } of sets) {
    for (const { name } of items) {
      if (names.length === MAX_NAMES_IN_FAILURE) return names;
      names.push(name);
    }
  }
  return names;
}
