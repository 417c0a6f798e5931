/** Which exchanges a plan has: the shapes that TPC-H's queries must keep, on tables known by their statistics alone. */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Table, TableColumn } from '../catalog/table.ts';
import { DEFAULT_DISTRIBUTION, type DistributionOptions } from './distribute/options.ts';
import { Planner } from './planner.ts';
import type { StagePlan } from './stages/stage.ts';
import { planStages } from './stages/stage-planner.ts';

const key = (name: string, max: number): TableColumn => ({ name, type: 'BIGINT', statistics: { min: 1, max, nullFraction: 0, widthBytes: 8, encodedBits: 22 } });
const money = (name: string, max = 100_000): TableColumn => ({ name, type: 'DECIMAL(15,2)', statistics: { min: 0, max, nullFraction: 0, widthBytes: 8, encodedBits: 27 } });
const day = (name: string): TableColumn => ({ name, type: 'DATE', statistics: { min: 8035, max: 10_500, nullFraction: 0, widthBytes: 4, encodedBits: 12 } });
const text = (name: string, encodedBits: number): TableColumn => ({ name, type: 'VARCHAR', statistics: { min: null, max: null, nullFraction: 0, widthBytes: 12, encodedBits } });
const table = (name: string, rows: number, columns: readonly TableColumn[]): [string, Table] => [name, { name, rows, columns, files: [] }];

const TABLES = new Map([
  table('lineitem', 6_001_215, [key('l_orderkey', 6_000_000), key('l_partkey', 200_000), money('l_quantity', 50), money('l_extendedprice'), money('l_discount', 0.1), day('l_shipdate'), text('l_returnflag', 2), text('l_linestatus', 1)]),
  table('orders', 1_500_000, [key('o_orderkey', 6_000_000), key('o_custkey', 150_000), money('o_totalprice'), day('o_orderdate'), text('o_orderpriority', 3), text('o_comment', 400)]),
  table('customer', 150_000, [key('c_custkey', 150_000), key('c_nationkey', 25), text('c_mktsegment', 3), money('c_acctbal')]),
  table('nation', 25, [key('n_nationkey', 25), text('n_name', 60)]),
]);

let connection: DuckDBConnection;
let planner: Planner;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  planner = await Planner.create(connection, [...TABLES.values()]);
});
afterAll(() => connection.closeSync());

const planned = (sql: string, options: Partial<DistributionOptions> = {}): Promise<StagePlan> => planStages(planner, TABLES, sql, { workers: 4, fragmentMinRows: 0, ...options });

/** Routings in the order of stages, without the result's. */
const exchanges = (plan: StagePlan): string[] => plan.stages.flatMap((stage) => stage.outputs.map((output) => output.routing)).filter((routing) => routing !== 'result');

const Q1 = "SELECT l_returnflag, l_linestatus, sum(l_quantity) AS q, avg(l_discount) AS d, count(*) AS c FROM lineitem WHERE l_shipdate <= DATE '1998-09-02' GROUP BY ALL ORDER BY ALL";
const Q3 = "SELECT l_orderkey, sum(l_extendedprice) AS revenue, o_orderdate FROM customer, orders, lineitem WHERE c_mktsegment = 'BUILDING' AND c_custkey = o_custkey AND l_orderkey = o_orderkey AND o_orderdate < DATE '1995-03-15' AND l_shipdate > DATE '1995-03-15' GROUP BY l_orderkey, o_orderdate ORDER BY revenue DESC LIMIT 10";
const Q4 = "SELECT o_orderpriority, count(*) AS c FROM orders WHERE o_orderdate < DATE '1993-10-01' AND EXISTS (SELECT 1 FROM lineitem WHERE l_orderkey = o_orderkey AND l_shipdate < DATE '1994-01-01') GROUP BY ALL ORDER BY ALL";
const Q6 = "SELECT sum(l_extendedprice * l_discount) AS revenue FROM lineitem WHERE l_shipdate >= DATE '1994-01-01' AND l_discount < 0.07 AND l_quantity < 24";
const Q13 = "SELECT c_count, count(*) AS d FROM (SELECT c_custkey, count(o_orderkey) AS c_count FROM customer LEFT JOIN orders ON c_custkey = o_custkey AND o_comment NOT LIKE '%a%b%' GROUP BY c_custkey) GROUP BY c_count ORDER BY d DESC, c_count DESC";

describe('fragments', () => {
  const sized = (sql: string, options: Partial<DistributionOptions> = {}): Promise<StagePlan> => planStages(planner, TABLES, sql, { workers: 4, ...options });

  it('are as many as the rows of a stage are worth', async () => {
    const plan = await sized(Q3, { fragmentMinRows: 1_000_000, fragmentMinBytes: 1e12, replicateMaxRows: 0, broadcastWeight: 1e9 });
    const scanning = (name: string): number | undefined => plan.stages.find((stage) => stage.scans.some((scan) => scan.table === name))?.fragments;
    expect({ lineitem: scanning('lineitem'), orders: scanning('orders'), customer: scanning('customer') }).toEqual({ lineitem: 4, orders: 2, customer: 1 });
  });

  it('are one for a whole query of few rows, without any exchange', async () => {
    const plan = await sized(Q3, { fragmentMinRows: 1e9, fragmentMinBytes: 1e12, replicateMaxRows: 0 });
    expect(plan.stages).toHaveLength(1);
    expect(plan.stages[0]?.fragments).toBe(1);
    expect(plan.wholeReason).toBeNull();
  });

  it('are those of the consumer in the number of a hash exchange', async () => {
    const plan = await sized(Q13, { fragmentMinRows: 500_000, replicateMaxRows: 0, broadcastWeight: 1e9, workers: 8 });
    for (const edge of plan.edges.filter(({ routing }) => routing === 'hash')) {
      const [producer, consumer] = [edge.producer, edge.consumer].map((id) => plan.stages.find((stage) => stage.id === id));
      expect(producer?.sql).toContain(`% ${consumer?.fragments}) AS USMALLINT`);
    }
  });

  it('are equally many where rows stay on their worker between stages', async () => {
    const plan = await sized('WITH few AS (SELECT o_custkey, count(*) AS c FROM orders GROUP BY ALL) SELECT a.c, count(*) FROM few a, few b, lineitem WHERE a.o_custkey = b.c AND a.c = l_orderkey GROUP BY ALL', { fragmentMinRows: 1_000_000, replicateMaxRows: 0, broadcastWeight: 1e9, partialMaxFraction: 0 });
    const forwards = plan.edges.filter(({ routing }) => routing === 'forward');
    for (const edge of forwards) {
      const [producer, consumer] = [edge.producer, edge.consumer].map((id) => plan.stages.find((stage) => stage.id === id));
      expect(producer?.fragments).toBe(consumer?.fragments);
    }
  });
});

describe('exchanges', () => {
  it.each([['query 1', Q1], ['query 6', Q6]])('%s aggregates on every worker and gathers a few rows', async (_, sql) => {
    const plan = await planned(sql);
    expect(exchanges(plan)).toEqual(['gather']);
    expect(plan.stages.map((stage) => stage.fragments)).toEqual([4, 1]);
    expect(plan.stages[0]?.scans.every((scan) => scan.split)).toBe(true);
    expect(plan.stages[0]?.sql).toContain('sum');
  });

  it('query 3 groups where the join on the same key has brought its rows, and gathers ten rows of each worker', async () => {
    const plan = await planned(Q3, { broadcastWeight: 1e9 });
    expect(exchanges(plan).filter((routing) => routing === 'gather')).toHaveLength(1);
    // Three tables, two joins: the aggregate adds no exchange.
    expect(exchanges(plan).filter((routing) => routing === 'hash').length).toBeLessThanOrEqual(4);
    const last = plan.stages.findLast((stage) => stage.fragments > 1);
    expect(last?.sql).toMatch(/LIMIT 10$/);
  });

  it('query 4 reads orders once for both sides of its subquery, and gathers once', async () => {
    const plan = await planned(Q4, { broadcastWeight: 1e9 });
    expect(exchanges(plan).filter((routing) => routing === 'gather')).toHaveLength(1);
    expect(plan.stages.flatMap((stage) => stage.scans.map((scan) => scan.table)).toSorted()).toEqual(['lineitem', 'orders']);
  });

  it('an aggregate without groups is one row of each worker, however few rows are expected', async () => {
    const plan = await planned('SELECT sum(l_quantity) AS q FROM lineitem WHERE l_orderkey = 7 AND l_quantity < 1 AND l_discount < 0.01');
    expect(plan.stages[0]?.sql).toContain('sum');
  });

  it('query 13 groups by the customer where its join is', async () => {
    const plan = await planned(Q13, { broadcastWeight: 1e9, partialMaxFraction: 0 });
    expect(exchanges(plan).filter((routing) => routing === 'hash').length).toBeLessThanOrEqual(3);
  });

  it('a small table is read by every worker instead of being sent', async () => {
    const plan = await planned('SELECT n_name, count(*) AS c FROM customer JOIN nation ON c_nationkey = n_nationkey GROUP BY n_name');
    expect(exchanges(plan)).toEqual(['gather']);
    expect(plan.stages[0]?.scans.map((scan) => [scan.table, scan.split]).toSorted()).toEqual([['customer', true], ['nation', false]]);
  });

  it('a broadcast is cheap when it is said to be', async () => {
    const sql = 'SELECT count(*) AS c FROM orders JOIN customer ON o_custkey = c_custkey';
    expect(exchanges(await planned(sql, { broadcastWeight: 0 }))).toContain('broadcast');
    expect(exchanges(await planned(sql, { broadcastWeight: 1e9 }))).not.toContain('broadcast');
  });
});

describe('a plan', () => {
  it('for one worker still gives one result', async () => {
    for (const sql of [Q1, Q3, Q4, Q6, Q13]) {
      const plan = await planned(sql, { workers: 1 });
      expect(plan.edges.filter((edge) => edge.consumer === null)).toHaveLength(1);
    }
  });

  it('reads only the columns that the query names', async () => {
    const plan = await planned(Q6);
    expect(plan.stages[0]?.scans[0]?.columns.map((column) => column.name).toSorted()).toEqual(['l_discount', 'l_extendedprice', 'l_quantity', 'l_shipdate']);
  });

  it('has stages that stand after those whose rows they read, and edges that both ends know', async () => {
    for (const sql of [Q1, Q3, Q4, Q6, Q13]) {
      const plan = await planned(sql, { ...DEFAULT_DISTRIBUTION, broadcastWeight: 1e9, gatherMaxRows: 0 });
      for (const edge of plan.edges) {
        const [producer, consumer] = [edge.producer, edge.consumer].map((id) => plan.stages.findIndex((stage) => stage.id === id));
        expect(plan.stages[producer ?? -1]?.outputs.map((output) => output.edge)).toContain(edge.id);
        if (edge.consumer === null) continue;
        expect(plan.stages[consumer ?? -1]?.inputs.map((input) => input.edge)).toContain(edge.id);
        expect(producer).toBeLessThan(consumer ?? -1);
      }
    }
  });
});
