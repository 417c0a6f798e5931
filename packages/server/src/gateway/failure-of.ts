/** How a run failed, as users are told. */
import type { FunctionFailure } from '@pappus/api';
import type { EngineFailure, RunFailure } from '@pappus/platform';

export interface FailurePlace {
  readonly function: string;
  readonly application: string | null;
  readonly items: readonly string[];
}

export function describeFailure(failure: RunFailure | EngineFailure, place: FailurePlace): FunctionFailure {
  const plain: FunctionFailure = { kind: failure.kind, message: messageOf(failure), ...place, trap: null, functionName: null, offset: null, exitCode: null, stack: null, limit: null };
  switch (failure.kind) {
    case 'trap':
      return { ...plain, trap: failure.trap, functionName: failure.functionName, offset: failure.offset };
    case 'exit':
      return { ...plain, exitCode: failure.code };
    case 'exception':
      return { ...plain, stack: failure.stack };
    case 'limit':
      return { ...plain, limit: failure.limit };
    case 'invalid-output':
    case 'engine-lost':
      return plain;
  }
}

function messageOf(failure: RunFailure | EngineFailure): string {
  switch (failure.kind) {
    case 'trap': {
      const where = failure.functionName === null ? '' : ` in ${failure.functionName}`;
      const offset = failure.offset === null ? '' : ` at offset ${failure.offset}`;
      return `it trapped: ${failure.trap}${where}${offset}`;
    }
    case 'exit':
      return `it exited with code ${failure.code}`;
    case 'exception':
      return `it threw: ${failure.message}`;
    case 'limit':
    case 'invalid-output':
    case 'engine-lost':
      return failure.message;
  }
}
