/** The SQL of a command: an argument, a file, or standard input. */
import { AppError } from '@pappus/core';
import { readText } from './piped-input.ts';

export async function statementOf(argument: string | undefined, file: string | undefined, signal: AbortSignal): Promise<string> {
  if (argument !== undefined && file !== undefined) throw new AppError('invalid-argument', 'give the query as an argument or with -f, not both');
  if (argument !== undefined) return argument;
  if (file === undefined) throw new AppError('invalid-argument', 'no query was given', { hint: 'pappus query "SELECT …", or -f FILE; -f - reads standard input.' });
  return readText(file, signal);
}
