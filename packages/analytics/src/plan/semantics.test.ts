/** NULLs in mark, single and set operations, and correlated subqueries of every shape, on simulated workers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differenceOf } from '../differential/oracle.ts';
import { openPlannerBench, SPREAD, type PlannerBench } from './testing/planner-bench.ts';

let bench: PlannerBench;
beforeAll(async () => {
  bench = await openPlannerBench();
});
afterAll(() => bench.close());

const CASES: readonly (readonly [string, string])[] = [
  ['IN with NULLs on both sides', 'SELECT id, k2 IN (SELECT k2 FROM nulls) AS m FROM facts'],
  ['NOT IN with NULLs on both sides', 'SELECT id, k2 NOT IN (SELECT k1 FROM nulls) AS m FROM facts'],
  ['IN of nothing', 'SELECT id, k2 IN (SELECT id FROM nothing) AS m, k2 NOT IN (SELECT id FROM nothing) AS n FROM facts'],
  ['IN of NULLs alone', 'SELECT id, k2 IN (SELECT never FROM nulls) AS m FROM facts'],
  ['a correlated IN', 'SELECT id, k2 IN (SELECT n.k2 FROM nulls AS n WHERE n.k1 = f.k1) AS m FROM facts AS f'],
  ['a correlated NOT IN with NULL correlation', 'SELECT id, k2 NOT IN (SELECT d.k2 FROM dims AS d WHERE d."Group" IS NOT DISTINCT FROM f.name) AS m FROM facts AS f'],
  ['= ALL, < ANY', 'SELECT id, k2 = ALL (SELECT k2 FROM dims) AS a, k2 < ANY (SELECT k2 FROM nulls) AS b FROM facts'],
  ['IN of rows', 'SELECT id FROM facts WHERE (k1, k2) IN (SELECT k1, k2 FROM nulls)'],
  ['EXISTS in the select list', 'SELECT id, EXISTS (SELECT 1 FROM dims AS d WHERE d.k2 = f.k2) AS m, EXISTS (SELECT 1 FROM nothing) AS n FROM facts AS f'],
  ['a mark in a disjunction', "SELECT id FROM facts WHERE k2 IN (SELECT k2 FROM nulls) OR name = 'ash'"],
  ['a scalar subquery without partners', 'SELECT id, (SELECT max(d.price) FROM dims AS d WHERE d.k2 = f.k2) AS m FROM facts AS f'],
  ['a scalar subquery that counts', 'SELECT id, (SELECT count(*) FROM dims AS d WHERE d.k2 = f.k2) AS c FROM facts AS f'],
  ['an uncorrelated scalar subquery of nothing', 'SELECT id, (SELECT price FROM nothing) AS p, (SELECT max(id) FROM nothing) AS m FROM people'],
  ['a scalar subquery with several rows fails', 'SELECT id, (SELECT d.id FROM dims AS d WHERE d.flag = f.flag) AS x FROM facts AS f'],
  ['an uncorrelated scalar subquery with several rows fails', 'SELECT id, (SELECT id FROM dims) AS x FROM people'],
  ['correlation by inequality', 'SELECT id, (SELECT count(*) FROM dims AS d WHERE d.id < p.id) AS c FROM people AS p'],
  ['correlation with two outer columns', 'SELECT id FROM facts AS f WHERE price > (SELECT avg(g.price) FROM facts AS g WHERE g.k1 = f.k1 AND g.k2 IS NOT DISTINCT FROM f.k2)'],
  ['correlation over two levels', 'SELECT id FROM people AS p WHERE EXISTS (SELECT 1 FROM facts AS f WHERE f.k2 = p.boss AND EXISTS (SELECT 1 FROM dims AS d WHERE d.k2 = f.k2 AND d.id <> p.id))'],
  ['correlation below an aggregate and a set operation', 'SELECT id, (SELECT sum(x) FROM (SELECT d.id AS x FROM dims AS d WHERE d.k2 = p.boss UNION ALL SELECT n.k2 FROM nulls AS n WHERE n.k1 = p.k1)) AS s FROM people AS p'],
  ['LATERAL with an outer join', 'SELECT p.id, t.s FROM people AS p LEFT JOIN LATERAL (SELECT sum(f.k2) AS s FROM facts AS f WHERE f.k1 = p.k1 HAVING count(*) > 3) AS t ON true'],
  ['a full join by NULL-heavy keys', 'SELECT a.k1, b.k2 FROM nulls AS a FULL JOIN nulls AS b ON a.k1 = b.k2'],
  ['a null-safe join', 'SELECT count(*) AS c FROM nulls AS a JOIN nulls AS b ON a.k2 IS NOT DISTINCT FROM b.k2'],
  ['outer joins with residual conditions', 'SELECT d.id, f.id AS other FROM dims AS d LEFT JOIN facts AS f ON d.k2 = f.k2 AND f.price > d.price'],
  ['joins of keys of different types', 'SELECT count(*) AS c FROM dims AS d JOIN "Mixed Case" AS m ON d.k2 = m.k2 JOIN facts AS f ON f.k2 = m.k2 AND f.id < 100'],
  ['EXCEPT and INTERSECT with NULLs and repetitions', 'SELECT k1, name FROM dupes EXCEPT ALL (SELECT k1, name FROM nulls INTERSECT ALL SELECT k1, name FROM dupes)'],
  ['DISTINCT of NULLs', 'SELECT DISTINCT k2, never FROM nulls'],
  ['averages of every type', 'SELECT k1, avg(k2) AS a, avg(price) AS b, avg(rate) AS c, avg(small) AS d, avg(big) AS e FROM facts GROUP BY k1'],
  ['sums that need wide types', 'SELECT sum(big) AS a, sum(price) AS b, sum(small) AS c, count(k2) AS d FROM facts'],
  ['several kinds of DISTINCT aggregates', 'SELECT k1, count(DISTINCT name) AS a, sum(DISTINCT k2) AS b, count(*) AS c, avg(DISTINCT k2) AS d FROM facts GROUP BY k1'],
  ['one DISTINCT value, no groups', 'SELECT count(DISTINCT name) AS a, count(DISTINCT name) FILTER (WHERE flag) AS b, max(DISTINCT name) AS c FROM facts'],
  ['groups by constants and expressions', "SELECT 1 AS one, k1 % 3 AS m, count(*) AS c FROM facts GROUP BY 1, 2"],
  ['an aggregate of nothing over workers', 'SELECT count(*) AS c, sum(id) AS s, avg(price) AS a FROM facts WHERE id < 0'],
  ['a limit of a union', 'SELECT id FROM facts UNION ALL SELECT id FROM dims ORDER BY id LIMIT 5 OFFSET 3'],
  ['a CTE used in three ways', 'WITH x AS MATERIALIZED (SELECT k1, k2, count(*) AS c FROM facts GROUP BY ALL) SELECT (SELECT max(c) FROM x) AS m, count(*) AS n FROM x AS a JOIN x AS b ON a.k1 = b.k2'],
];

describe.each([
  ['all by hash', SPREAD],
  ['all by broadcast', { ...SPREAD, broadcastWeight: 0 }],
])('with %s', (_, options) => {
  it.each(CASES)('%s', async (_name, sql) => {
    const expected = await bench.single.answer(sql);
    const actual = await bench.run(sql, options).then((rows) => ({ kind: 'rows', rows: rows ?? { columns: [], rows: [] } }) as const, (thrown: unknown) => ({ kind: 'error', message: String(thrown) }) as const);
    expect(differenceOf(expected, actual, { orderedBy: [] })?.text ?? 'the same').toBe('the same');
  });
});
