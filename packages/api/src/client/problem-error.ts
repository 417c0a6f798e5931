/** A server's problem as the error that a caller of the client gets. */
import { AppError, type ErrorCode } from '@pappus/core';
import { problemSchema, type Problem, type ProblemCode } from '../schemas/problem.ts';

export class ProblemError extends AppError {
  readonly problem: Problem;
  /** From `Retry-After`, in ms; null without. */
  readonly retryAfterMs: number | null;

  constructor(problem: Problem, retryAfterMs: number | null = null) {
    super(errorCode(problem.code), problem.detail, { retryable: problem.retryable, ...(problem.hint === null ? {} : { hint: problem.hint }) });
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The problem in a text, or null where there is none: an answer of something else than a Pappus server. */
export function parseProblem(text: string): Problem | null {
  try {
    const parsed = problemSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function errorCode(code: ProblemCode): ErrorCode {
  switch (code) {
    case 'unauthenticated':
      return 'permission-denied';
    case 'refused':
    case 'in-use':
      return 'invalid-argument';
    case 'function-failed':
      return 'internal';
    default:
      return code;
  }
}
