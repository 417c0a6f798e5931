/** Errors as people and shells see them. */
import { styleText } from 'node:util';
import { toAppError, type ErrorCode } from '@pappus/core';
import { printableLines } from './output/printable.ts';

/** 2: the command line or the query is wrong. 130: interrupted, as shells have it. 1: everything else. */
export function exitStatus(thrown: unknown): number {
  const { code } = toAppError(thrown);
  const usage: readonly ErrorCode[] = ['invalid-argument', 'unsupported'];
  return code === 'cancelled' ? 130 : usage.includes(code) ? 2 : 1;
}

export function printFailure(err: NodeJS.WriteStream, thrown: unknown, json: boolean): void {
  const error = toAppError(thrown);
  if (json) {
    err.write(`${JSON.stringify({ error: error.toRecord() })}\n`);
    return;
  }
  err.write(`${styleText('red', 'error:', { stream: err })} ${printableLines(error.message)}\n`);
  if (error.hint !== null) err.write(`${styleText('dim', 'hint:', { stream: err })} ${printableLines(error.hint)}\n`);
  if (error.code === 'internal' && error.cause instanceof Error) err.write(`${printableLines(error.cause.stack ?? '')}\n`);
}
