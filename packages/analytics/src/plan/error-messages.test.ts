/** What people read when a statement is wrong: DuckDB's own words, with position and nearest name. */
import { AppError } from '@pappus/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPlannerBench, type PlannerBench } from './testing/planner-bench.ts';

let bench: PlannerBench;
beforeAll(async () => {
  bench = await openPlannerBench();
});
afterAll(() => bench.close());

async function refusal(sql: string): Promise<AppError> {
  const thrown = await bench.planner.plan(sql).then(() => null, (error: unknown) => error);
  expect(thrown).toBeInstanceOf(AppError);
  return thrown as AppError;
}

it.each([
  ['an unknown table', 'SELECT *\nFROM peple', 'Catalog Error: Table with name peple does not exist!\nDid you mean "people"?\n\nLINE 2: FROM peple\n             ^'],
  ['a syntax error', 'SELEC 1', 'Parser Error: syntax error at or near "SELEC"\n\nLINE 1: SELEC 1\n        ^'],
  ['an end that comes too early', 'SELECT * FROM people WHERE', 'Parser Error: syntax error at end of input'],
])('%s', async (_, sql, message) => {
  expect(await refusal(sql)).toMatchObject({ code: 'invalid-argument', message });
});

it('an unknown column, with what may be meant', async () => {
  const { code, message } = await refusal('SELECT idd FROM people');
  expect(code).toBe('invalid-argument');
  expect(message).toMatch(/^Binder Error: Referenced column "idd" not found in FROM clause!\nCandidate bindings: .*"id".*\n\nLINE 1: SELECT idd FROM people\n {15}\^$/);
});

it.each([
  ['SELECT 1; SELECT 2', 'expected one SQL statement, got 2'],
  ['', 'expected one SQL statement, got 0'],
  ['-- nothing', 'expected one SQL statement, got 0'],
  ['SELECT $1', 'the statement has parameters, which have no values here'],
])('%j is no single query', async (sql, message) => {
  expect(await refusal(sql)).toMatchObject({ code: 'invalid-argument', message });
});

it.each(['CREATE TABLE x (a INTEGER)', 'DROP VIEW people', "COPY people TO 'x.csv'", 'SET threads = 3', "ATTACH 'x.db'"])('%s is refused with a hint', async (sql) => {
  expect(await refusal(sql)).toMatchObject({ code: 'unsupported', hint: expect.stringContaining('SELECT') });
});
