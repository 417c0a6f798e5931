/** Errors as problems: which status, which title. The border where an AppError becomes HTTP. */
import type { FunctionFailure, Problem, ProblemCode, SourceDiagnostic } from '@pappus/api';
import { toAppError, type AppError, type ErrorCode } from '@pappus/core';

interface Extras {
  readonly invocation?: string | null;
  readonly failure?: FunctionFailure | null;
  readonly problems?: readonly string[];
  readonly diagnostics?: readonly SourceDiagnostic[];
  readonly hint?: string | null;
  readonly retryable?: boolean;
}

const TITLES: Readonly<Record<ProblemCode, string>> = {
  'invalid-argument': 'The request is wrong',
  'not-found': 'There is no such thing',
  'permission-denied': 'Not allowed',
  'corrupt-data': 'The bytes cannot be read',
  unsupported: 'Not supported',
  unavailable: 'Not available now',
  'deadline-exceeded': 'A time limit was over',
  'resource-exhausted': 'A limit was reached',
  cancelled: 'Cancelled',
  'worker-lost': 'An engine was lost',
  protocol: 'A protocol was broken',
  internal: 'A defect of the server',
  unauthenticated: 'Who asks?',
  refused: 'The deployment was refused',
  'in-use': 'It is in use',
  'function-failed': 'A function failed',
};

/** `cancelled` has a status of its own, since the client that would see it is gone: nginx's. */
const CLIENT_CLOSED_REQUEST = 499;

export function problem(code: ProblemCode, status: number, detail: string, extras: Extras = {}): Problem {
  const { invocation = null, failure = null, problems = [], diagnostics = [], hint = null, retryable = false } = extras;
  return { type: `urn:pappus:problem:${code}`, title: TITLES[code], status, detail, code, hint, retryable, invocation, failure, problems, diagnostics };
}

/** What was thrown, as a problem. The text of a defect stays in the log: it may quote anything. */
export function problemOf(thrown: unknown, invocation: string | null = null): Problem {
  if (thrown instanceof StatusError) return problem(thrown.problemCode, thrown.status, thrown.error.message, { invocation, hint: thrown.error.hint, retryable: thrown.error.retryable });
  const error = toAppError(thrown);
  const detail = error.code === 'internal' ? 'the server has a defect; its log says more' : error.message;
  return problem(error.code, statusOf(error), detail, { invocation, hint: error.hint, retryable: error.retryable });
}

/** An error whose status its code does not tell. */
export class StatusError extends Error {
  readonly status: number;
  readonly problemCode: ProblemCode;
  readonly error: AppError;
  /** In seconds. */
  readonly retryAfter: number | null;
  /** Of a 405: the methods that there are. */
  readonly allow: string | null;

  constructor(status: number, error: AppError, { code = error.code, retryAfter = null, allow = null }: StatusExtras = {}) {
    super(error.message, { cause: error });
    this.status = status;
    this.problemCode = code;
    this.error = error;
    this.retryAfter = retryAfter;
    this.allow = allow;
  }
}

interface StatusExtras {
  readonly code?: ProblemCode;
  readonly retryAfter?: number | null;
  readonly allow?: string | null;
}

function statusOf({ code, retryable }: AppError): number {
  // A full queue empties; a limit that the request itself breaks does not.
  if (code === 'resource-exhausted') return retryable ? 429 : 413;
  return STATUSES[code];
}

const STATUSES: Readonly<Record<Exclude<ErrorCode, 'resource-exhausted'>, number>> = {
  'invalid-argument': 400,
  'not-found': 404,
  'permission-denied': 403,
  'corrupt-data': 400,
  unsupported: 415,
  unavailable: 503,
  'deadline-exceeded': 504,
  cancelled: CLIENT_CLOSED_REQUEST,
  'worker-lost': 503,
  protocol: 502,
  internal: 500,
};
