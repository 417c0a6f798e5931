/** What a command line says where a server has spoken of its HTTP interface. */
import { ProblemError, type FunctionFailure, type Problem } from '@pappus/api';
import type { AppError } from '@pappus/core';
import { expect, it } from 'vitest';
import { explained, type Hints } from './server-problem.ts';

const FAILURE: FunctionFailure = { kind: 'trap', message: 'm', function: 'f', application: null, items: [], trap: null, functionName: null, offset: null, exitCode: null, stack: null, limit: null };

const hintOf = (problem: Partial<Problem>, hints: Hints = {}): string | null => {
  const plain: Problem = { type: 't', title: 't', status: 500, detail: 'd', code: 'function-failed', hint: 'Send a header.', retryable: false, invocation: 'i', failure: null, problems: [], diagnostics: [] };
  return (explained(new ProblemError({ ...plain, ...problem }), hints) as AppError).hint;
};

it.each([['time', '--time'], ['memory', '--memory'], ['output-bytes', '--output-bytes'], ['output-items', '--output-items']])('names the flag for the limit of %s', (limit, flag) => {
  expect(hintOf({ failure: { ...FAILURE, kind: 'limit', limit } })).toContain(`pappus deploy ${flag},`);
});

it('says where to read why a program has exited, and where it trapped', () => {
  expect(hintOf({ failure: { ...FAILURE, kind: 'exit', exitCode: 1 } })).toBe('pappus logs f shows what it wrote, pappus trace i its runs.');
  expect(hintOf({ failure: FAILURE, hint: null })).toBe('pappus trace i shows its runs.');
});

it('asks for a token by the flag, whatever was wrong with it', () => {
  expect(hintOf({ code: 'unauthenticated', status: 401 })).toBe('Give a token with --token or in PAPPUS_TOKEN.');
});

it('takes the hint of the command, the general one, and then that of the server', () => {
  expect(hintOf({ code: 'in-use' }, { 'in-use': 'Wait.' })).toBe('Wait.');
  expect(hintOf({ code: 'in-use' })).toBe('Remove these first, or add --force.');
  expect(hintOf({ code: 'not-found' })).toBe('Send a header.');
});
