import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeFailure, differential, type DifferentialFailure } from './differential.ts';
import { randomQuery } from './random-query.ts';
import type { Answer } from './rows.ts';
import { openSingleProcess, type SingleProcess } from './single-process.ts';
import { createTestTables, type TestTables } from './test-tables.ts';

const DATA_SEED = 1;

let data: TestTables;
let oracle: SingleProcess;
let other: SingleProcess;

beforeAll(async () => {
  data = await createTestTables(DATA_SEED);
  oracle = await openSingleProcess({ tables: data.tables, threads: 1 });
  other = await openSingleProcess({ tables: data.tables, threads: 4, preserveInsertionOrder: false });
});

afterAll(async () => {
  oracle.close();
  other.close();
  await data.remove();
});

/** The first failure of an engine that runs each query after a change to its text. */
async function firstFailure(change: (sql: string) => string, count: number): Promise<DifferentialFailure | null> {
  let right: Answer = { kind: 'error', message: 'nothing asked' };
  const failures = differential({
    seed: 5000,
    count,
    shrinkAttempts: 100,
    oracle: async (sql) => (right = await oracle.answer(sql)),
    run: async (sql) => (right.kind === 'rows' && change(sql) === sql ? right.rows : oracle.run(change(sql))),
  });
  for await (const failure of failures) return failure;
  return null;
}

describe('random tables', () => {
  it('hold what their descriptions promise', async () => {
    const { rows } = await oracle.run(
      `SELECT count(*), count(DISTINCT id), max(big) > 9007199254740992, avg((k1 = 7)::INTEGER) > 0.7,
         (SELECT count(*) FROM nothing), (SELECT count(*) FROM lonely), (SELECT count(never) FROM nulls),
         (SELECT count(DISTINCT dupes) FROM dupes) < 50
       FROM facts`,
    );
    expect(rows).toEqual([['4000', '4000', 'true', 'true', '0', '1', '0', 'true']]);
  });
});

describe('random queries', () => {
  it('are the same for the same seed', () => {
    expect(randomQuery(77)).toEqual(randomQuery(77));
    expect(randomQuery(77).sql).not.toBe(randomQuery(78).sql);
  });

  it('run, and give the same answer with other threads and orders of insertion', async () => {
    const count = 40;
    let refused = 0;
    const failures: string[] = [];
    const run = differential({
      seed: 1,
      count,
      run: other.run,
      oracle: oracle.answer,
      onQuery: (_, expected) => (refused += Number(expected.kind === 'error')),
    });
    for await (const failure of run) failures.push(describeFailure(failure));
    expect(failures).toEqual([]);
    expect(refused).toBeLessThanOrEqual(count * 0.03);
  });
});

describe('differential', () => {
  it.each([
    ['outer joins made inner', ' LEFT JOIN ', ' INNER JOIN ', 60],
    ['duplicates lost', ' UNION ALL ', ' UNION ', 300],
    ['NOT IN taken for IN', ' NOT IN (SELECT', ' IN (SELECT', 300],
    ['the order lost', / ORDER BY [^()]*$/g, '', 100],
  ])('finds an engine with %s and shrinks the query', async (_, from, to, count) => {
    const failure = await firstFailure((sql) => sql.replaceAll(from, to), count);
    expect(failure).not.toBeNull();
    expect(failure?.shrunkSql.length).toBeLessThan(500);
    expect(failure?.shrunkSql.length).toBeLessThanOrEqual(failure?.sql.length ?? 0);
  });

  it('takes a rejection for an answer', async () => {
    const run = () => Promise.reject(new Error('out of luck'));
    const failures: DifferentialFailure[] = [];
    for await (const failure of differential({ seed: 3, count: 1, run, oracle: oracle.answer })) failures.push(failure);
    expect(failures[0]?.difference).toContain('out of luck');
    expect(failures[0]?.shrunkSql.length).toBeLessThan(60);
  });
});
