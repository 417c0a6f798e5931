/** The SQL of a command: an argument, a file, or standard input. */
import { readFile } from 'node:fs/promises';
import { AppError, errorMessage } from '@pappus/core';
import { readPipedText } from './piped-input.ts';
import { MAX_CODE_BYTES } from './platform/limits.ts';

export async function statementOf(argument: string | undefined, file: string | undefined, signal: AbortSignal): Promise<string> {
  if (argument !== undefined && file !== undefined) throw new AppError('invalid-argument', 'give the query as an argument or with -f, not both');
  if (argument !== undefined) return argument;
  if (file === undefined) throw new AppError('invalid-argument', 'no query was given', { hint: 'pappus query "SELECT …", or -f FILE; -f - reads standard input.' });
  if (file === '-') return readPipedText(process.stdin, { name: 'standard input', maxBytes: MAX_CODE_BYTES, signal });
  return readFile(file, 'utf8').catch((thrown: unknown) => {
    throw new AppError('not-found', `cannot read the query from ${file}: ${errorMessage(thrown)}`, { cause: thrown });
  });
}
