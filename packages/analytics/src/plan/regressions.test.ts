/** What differential testing found, as the smallest query that showed it; each name says what went wrong. */
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columnsOf, fragmentOf, io, newEngine, produce, readerOf } from '../engine/testing.ts';
import type { EngineThread } from '../engine/engine-thread.ts';
import { withScans } from '../execution/scan-view.ts';
import { differenceOfRows } from '../differential/oracle.ts';
import { openPlannerBench, SPREAD, type PlannerBench } from './testing/planner-bench.ts';

let bench: PlannerBench;
let engine: EngineThread;
beforeAll(async () => {
  bench = await openPlannerBench();
  engine = newEngine(tmpdir());
  await engine.start();
});
afterAll(async () => {
  await engine.stop();
  await bench.close();
});

describe('distributed as in one process', () => {
  it.each([
    ['field names of a row type were quoted needlessly', 'SELECT info FROM nested WHERE id > 5'],
    ['infinite dates and timestamps could not be printed', "SELECT id, DATE 'infinity' AS d, TIMESTAMP '-infinity' AS t, coalesce(day, DATE '-infinity') AS c FROM people"],
    ['a text with the character NUL ended the statement', "SELECT id, 'a' || chr(0) || 'b' AS x FROM people WHERE name <> 'a' || chr(0)"],
    ['repeated grouping sets were merged into one', 'SELECT k1, count(*) AS c FROM facts GROUP BY GROUPING SETS ((k1), (k1), ())'],
  ])('%s', async (_, sql) => {
    const rows = await bench.run(sql, SPREAD);
    expect(rows).not.toBeNull();
    expect(rows && (differenceOfRows(await bench.single.run(sql), rows, { orderedBy: [] })?.text ?? 'the same')).toBe('the same');
  });
});

describe('a stage on the engine', () => {
  it('does not read its input twice for a window over a whole partition', async () => {
    const columns = columnsOf('INTEGER', 'BIGINT');
    const made = await produce(engine, 'SELECT (i % 3)::INTEGER AS c0, i AS c1 FROM range(1000) AS t(i)', columns, { kind: 'one', consumer: 0 });
    const sql = 'SELECT c0, c1, sum(c1) OVER (PARTITION BY c0) AS c2, count(*) OVER (PARTITION BY c0) AS c3 FROM arrived LIMIT 1';
    const fragment = fragmentOf({ sql, columns: columnsOf('INTEGER', 'BIGINT', 'HUGEINT', 'BIGINT'), inputs: [{ edge: 2, table: 'arrived', columns }] });
    await expect(engine.run(fragment, io({ 2: readerOf(made.frames[0] ?? []) }), new AbortController().signal)).resolves.toBeDefined();
  });

  it('may compare with ANY of a semi join over its scans, which DuckDB refuses when they are CTEs', async () => {
    const sql = 'SELECT l.c0 AS c0, (l.c0 = ANY (SELECT r.c0 FROM (SELECT x.c0 AS c0, x.c1 AS c1 FROM scan_0_0 AS x SEMI JOIN scan_0_1 AS y ON (x.c1 = y.c1)) AS r WHERE (l.c0 IS NOT DISTINCT FROM r.c1))) AS c1 FROM scan_0_2 AS l';
    const columns = columnsOf('INTEGER', 'INTEGER');
    const scans = ['scan_0_0', 'scan_0_1', 'scan_0_2'].map((view) => ({ task: { view, columns, parts: [] }, paths: [] }));
    const placed = withScans(sql, scans, false);
    await expect(engine.run(fragmentOf({ ...placed, columns: columnsOf('INTEGER', 'BOOLEAN') }), io({}), new AbortController().signal)).resolves.toBeDefined();
  });
});
