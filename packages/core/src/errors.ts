/**
 * The one operational error of the house. A programmer's mistake asserts instead (`assert.ts`), and an
 * expected outcome is a returned union. An AppError is translated only at the borders: HTTP status, exit code.
 */

export type ErrorCode =
  | 'invalid-argument' // the caller's input is wrong: a flag, a query, a config value
  | 'not-found' // a table, file, object or name does not exist
  | 'permission-denied' // refused by a file system, an object store or a secret check
  | 'corrupt-data' // bytes that do not decode: a truncated Parquet file, a garbage frame
  | 'unsupported' // understood, but not something we do
  | 'unavailable' // the other side does not answer or refuses; trying again may help
  | 'deadline-exceeded' // a wait ended; the message names what was waited for
  | 'resource-exhausted' // memory, disk or a limit of limits.ts
  | 'cancelled' // the owner asked for the end
  | 'worker-lost' // a function instance died
  | 'protocol' // a peer broke the protocol
  | 'internal'; // our own defect

export interface AppErrorOptions {
  readonly cause?: unknown;
  /** True when the same call may succeed later. */
  readonly retryable?: boolean;
  /** One sentence that tells the user what to do. */
  readonly hint?: string;
}

/** An AppError as plain data, as it crosses a process boundary. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly hint: string | null;
}

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly hint: string | null;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.hint = options.hint ?? null;
  }

  toRecord(): ErrorRecord {
    return { code: this.code, message: this.message, retryable: this.retryable, hint: this.hint };
  }

  static fromRecord(record: ErrorRecord): AppError {
    const { code, message, retryable, hint } = record;
    return new AppError(code, message, hint === null ? { retryable } : { retryable, hint });
  }
}

/** What was thrown, as an AppError: anything unknown becomes `internal` and keeps its cause. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  return new AppError('internal', errorMessage(thrown), { cause: thrown });
}

/** The message of anything that was thrown. */
export function errorMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The errno name (`ENOENT`, `ECONNREFUSED`) of a system error, or null. */
export function systemCode(thrown: unknown): string | null {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return null;
  return typeof thrown.code === 'string' ? thrown.code : null;
}
