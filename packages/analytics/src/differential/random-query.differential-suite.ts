/** The generator against itself: what it makes must be valid, and certain whatever the threads and the order of rows. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeFailure, differential } from './differential.ts';
import { openSingleProcess, type SingleProcess } from './single-process.ts';
import { createTestTables, type TestTables } from './test-tables.ts';

const QUERIES = 2000;

let data: TestTables;
let ordered: SingleProcess;
let unordered: SingleProcess;

beforeAll(async () => {
  data = await createTestTables(2);
  ordered = await openSingleProcess({ tables: data.tables, threads: 1 });
  unordered = await openSingleProcess({ tables: data.tables, threads: 4, preserveInsertionOrder: false });
});

afterAll(async () => {
  ordered.close();
  unordered.close();
  await data.remove();
});

describe(`${QUERIES} random queries`, () => {
  it('are valid for at least 97 of 100, and their answers are certain', async () => {
    const failures: string[] = [];
    let refused = 0;
    let withRows = 0;
    const run = differential({
      seed: 200_000,
      count: QUERIES,
      run: unordered.run,
      oracle: ordered.answer,
      onQuery(_, expected) {
        if (expected.kind === 'error') refused++;
        else if (expected.rows.rows.length > 0) withRows++;
      },
    });
    for await (const failure of run) failures.push(describeFailure(failure));
    expect(failures).toEqual([]);
    expect(refused).toBeLessThanOrEqual(QUERIES * 0.03);
    expect(withRows).toBeGreaterThan(QUERIES * 0.5);
  });
});
