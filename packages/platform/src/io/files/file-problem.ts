/**
 * What stands in the way of reading a file or a folder, and whether that is so for this one alone: then a pattern leaves
 * it out. All else (no descriptor, a disk that fails) says nothing about what is in the folder, and ends the run.
 */
import { AppError, systemCode, type ErrorCode } from '@pappus/core';

/** For a message; `code` as in AppError. */
export class FileProblem extends AppError {}

const OF_ONE_FILE: ReadonlySet<ErrorCode> = new Set(['not-found', 'permission-denied', 'invalid-argument']);

export const isOfOneFile = (thrown: unknown): thrown is FileProblem => thrown instanceof FileProblem && OF_ONE_FILE.has(thrown.code);

/** A system error about `path` as a FileProblem; anything else as it is. */
export function fileProblem(thrown: unknown, path: string): unknown {
  if (thrown instanceof AppError) return thrown;
  switch (systemCode(thrown)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new FileProblem('not-found', `there is no file ${path}`, { cause: thrown });
    case 'EACCES':
    case 'EPERM':
      return new FileProblem('permission-denied', `${path} may not be read`, { cause: thrown });
    case 'ELOOP':
      return new FileProblem('permission-denied', `${path} is a link that leads nowhere`, { cause: thrown });
    case 'ENXIO':
    case 'ENODEV':
    case 'EISDIR':
      return new FileProblem('invalid-argument', `${path} is not a file`, { cause: thrown });
    case 'ENAMETOOLONG':
      return new FileProblem('invalid-argument', `${path} is too long a path`, { cause: thrown });
    case 'EMFILE':
    case 'ENFILE':
      return new FileProblem('resource-exhausted', `${path}: too many files are open`, { cause: thrown, retryable: true });
    case null:
      return thrown;
    default:
      return new FileProblem('unavailable', `${path} can't be read: ${systemCode(thrown)}`, { cause: thrown });
  }
}
