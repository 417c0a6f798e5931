/** What a file system refuses, as the error that a user can act on. */
import { AppError, errorMessage, systemCode, toAppError, type ErrorCode } from '@pappus/core';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const FORBIDDEN = new Set(['EACCES', 'EPERM', 'EROFS']);
const HANDLES = new Set(['EMFILE', 'ENFILE']);

/** `doing` reads `write the journal`; `path` is the file or folder. */
export function diskError(thrown: unknown, doing: string, path: string): AppError {
  const system = systemCode(thrown);
  if (thrown instanceof AppError || system === null) return toAppError(thrown);
  const failure = (code: ErrorCode, why: string, hint: string, retryable: boolean): AppError =>
    new AppError(code, `cannot ${doing} ${path}: ${why}`, { cause: thrown, hint, retryable });
  if (FULL.has(system)) return failure('resource-exhausted', 'the disk is full', `Free space on the disk of ${path}; nothing was registered.`, true);
  if (FORBIDDEN.has(system)) return failure('permission-denied', errorMessage(thrown), 'Give this user the right to read and write the folder, or choose another one.', false);
  if (HANDLES.has(system)) return failure('resource-exhausted', 'too many open files', 'Raise the limit of open files (ulimit -n).', true);
  return failure('unavailable', errorMessage(thrown), 'Look at the state of the disk.', true);
}
