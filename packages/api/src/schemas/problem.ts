/** Errors as users get them: problem details of RFC 9457 with our code, hint and invocation. */
import type { ErrorCode } from '@pappus/core';
import { z } from 'zod';
import { diagnosticSchema, type SourceDiagnostic } from './diagnostic.ts';

/** Codes of AppError, and those that only answers have. */
export type ProblemCode =
  | ErrorCode
  | 'unauthenticated' // a token is missing or unknown
  | 'refused' // a deployment is wrong; `problems` or `diagnostics` say why
  | 'in-use' // compositions still call the name
  | 'function-failed'; // a function of the invocation failed; `failure` says how

const PROBLEM_CODES: Readonly<Record<ProblemCode, true>> = {
  'invalid-argument': true,
  'not-found': true,
  'permission-denied': true,
  'corrupt-data': true,
  unsupported: true,
  unavailable: true,
  'deadline-exceeded': true,
  'resource-exhausted': true,
  cancelled: true,
  'worker-lost': true,
  protocol: true,
  internal: true,
  unauthenticated: true,
  refused: true,
  'in-use': true,
  'function-failed': true,
};

/** How a function failed. */
export interface FunctionFailure {
  readonly kind: 'trap' | 'exit' | 'exception' | 'limit' | 'invalid-output' | 'engine-lost' | 'io';
  readonly message: string;
  /** The registered function that failed. */
  readonly function: string;
  /** Its application, where it ran in a composition: `composition: function → sets that it makes`; the composition may be one in another, `outer/inner`. */
  readonly application: string | null;
  /** Names of the items of its run, the first few. */
  readonly items: readonly string[];
  /** Of a trap: its kind, and the place in the module. */
  readonly trap: string | null;
  readonly functionName: string | null;
  readonly offset: number | null;
  /** Of an exit. */
  readonly exitCode: number | null;
  /** Of an exception. */
  readonly stack: string | null;
  /** Of a limit: which one. */
  readonly limit: string | null;
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  /** What to do about it. */
  readonly hint: string | null;
  /** The same request may succeed later. */
  readonly retryable: boolean;
  readonly invocation: string | null;
  readonly failure: FunctionFailure | null;
  /** Everything that is wrong with a deployment. */
  readonly problems: readonly string[];
  readonly diagnostics: readonly SourceDiagnostic[];
}

const failureSchema: z.ZodType<FunctionFailure> = z
  .object({
    kind: z.enum(['trap', 'exit', 'exception', 'limit', 'invalid-output', 'engine-lost', 'io']),
    message: z.string(),
    function: z.string(),
    application: z.string().nullable(),
    items: z.array(z.string()),
    trap: z.string().nullable(),
    functionName: z.string().nullable().describe('Where the module names its functions: the one that trapped'),
    offset: z.number().nullable().describe('Byte offset in the module as it was deployed'),
    exitCode: z.number().nullable(),
    stack: z.string().nullable(),
    limit: z.string().nullable(),
  })
  .meta({ id: 'FunctionFailure', description: 'How a function failed' });

export const problemSchema: z.ZodType<Problem> = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string(),
    code: z.enum(Object.keys(PROBLEM_CODES) as ProblemCode[]),
    hint: z.string().nullable(),
    retryable: z.boolean(),
    invocation: z.string().nullable(),
    failure: failureSchema.nullable(),
    problems: z.array(z.string()),
    diagnostics: z.array(diagnosticSchema),
  })
  .meta({ id: 'Problem', description: 'An error as problem details (RFC 9457)' });

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';
