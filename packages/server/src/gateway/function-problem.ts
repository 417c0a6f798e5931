/** A function's failure as the problem that the caller gets. */
import type { FunctionFailure, Problem } from '@pappus/api';
import { problem } from '../http/problem-of.ts';

export function failureProblem(failure: FunctionFailure, invocation: string): Problem {
  const extras = { invocation, failure };
  if (failure.kind === 'engine-lost') return problem('worker-lost', 503, failure.message, { ...extras, retryable: true });
  if (failure.kind === 'limit' && failure.limit === 'time') {
    return problem('deadline-exceeded', 504, `${failure.function}: ${failure.message}`, { ...extras, hint: 'Give the function a longer limit (limits.timeMs) when it is deployed, or less to do at once.' });
  }
  return problem('function-failed', failure.kind === 'io' ? 502 : 500, `${failure.function}: ${failure.message}`, extras);
}
