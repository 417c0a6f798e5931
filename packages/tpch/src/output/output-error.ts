/** What went wrong while writing, as the error that the user sees. */
import { AppError, errorMessage, systemCode, toAppError } from '@pappus/core';

const FULL = /ENOSPC|EDQUOT|no space left on device|disk quota exceeded/i;
const DENIED = /EACCES|EPERM|EROFS|permission denied|read-only file system/i;

export function outputError(thrown: unknown, path: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const text = `${systemCode(thrown) ?? ''} ${errorMessage(thrown)}`;
  if (FULL.test(text)) {
    const hint = 'Free some space or choose another folder, then run the same command again: finished files are kept.';
    return new AppError('resource-exhausted', `the disk is full: cannot write ${path}`, { cause: thrown, retryable: true, hint });
  }
  if (DENIED.test(text)) {
    return new AppError('permission-denied', `cannot write ${path}: ${errorMessage(thrown)}`, { cause: thrown, hint: 'Choose a folder that you may write to.' });
  }
  return toAppError(thrown);
}
