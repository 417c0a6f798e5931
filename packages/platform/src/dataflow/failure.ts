/** Why an invocation gave no outputs, with the place in the composition. */
import type { AppError } from '@pappus/core';
import type { EngineFailure } from '../engine/compute-engine.ts';
import type { IoFailure } from '../io/io-function.ts';
import type { RunFailure } from '../sandbox/sandbox.ts';

/**
 * The platform's own reasons: a limit of `limits.ts`, the deadline, the client's leaving, no engine
 * that takes work (`unavailable`) or too much work for them (`overloaded`): these two may be over soon. `gone` is a
 * function that was removed after the invocation had begun.
 */
export interface PlatformFailure {
  readonly kind: 'live-bytes' | 'set-items' | 'runs' | 'nesting' | 'deadline' | 'cancelled' | 'unavailable' | 'overloaded' | 'gone' | 'internal';
  readonly message: string;
  /** What ran when it was given up, where somebody gave it up; none: it waited for its turn. */
  readonly underWay?: readonly string[];
}

export interface InvocationFailure {
  /** Name of the function, as the composition calls it; null where it is about the whole invocation. */
  readonly function: string | null;
  /** Compositions from the outermost in, where the function was called. */
  readonly path: readonly string[];
  /** Which application of the innermost of them; null where it is about the whole invocation. */
  readonly application: number | null;
  /** Names of the first items that the run had. */
  readonly items: readonly string[];
  readonly reason: RunFailure | EngineFailure | IoFailure | PlatformFailure;
}

/** What an engine or an I/O function rejected with. */
export function failureKindOf({ code }: AppError): PlatformFailure['kind'] {
  switch (code) {
    case 'unavailable':
      return code;
    case 'resource-exhausted':
      return 'overloaded';
    case 'not-found':
      return 'gone';
    default:
      return 'internal';
  }
}
