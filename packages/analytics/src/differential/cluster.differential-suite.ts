/** Random queries on real workers against one DuckDB process: 2,000 by direct exchange and 300 through a store. */
import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EdgeRouting, StagePlan } from '../plan/stages/stage.ts';
import { openClusterEngine, type ClusterEngine } from './cluster-engine.ts';
import { describeFailure, differential } from './differential.ts';
import { randomDistribution } from './random-distribution.ts';
import { openSingleProcess, type SingleProcess } from './single-process.ts';
import { createTestTables, type TestTables } from './test-tables.ts';

const ROADS: readonly EdgeRouting[] = ['hash', 'broadcast', 'gather', 'forward'];
/** More failures than a person reads at once. */
const MAX_FAILURES = 10;

describe.each([
  { exchange: 'direct', workers: 3, dataSeed: 3, seed: 300_000, count: 1000 },
  { exchange: 'direct', workers: 4, dataSeed: 4, seed: 400_000, count: 1000 },
  { exchange: 'store', workers: 3, dataSeed: 5, seed: 500_000, count: 300 },
] as const)('$count random queries from seed $seed on data of seed $dataSeed, $workers workers, $exchange exchange', ({ exchange, workers, dataSeed, seed, count }) => {
  let data: TestTables;
  let single: SingleProcess;
  let engine: ClusterEngine;

  beforeAll(async () => {
    data = await createTestTables(dataSeed);
    single = await openSingleProcess({ tables: data.tables, threads: availableParallelism() });
    engine = await openClusterEngine({ tables: data.folder, workers, exchange });
  });

  afterAll(async () => {
    await engine.stop();
    single.close();
    await data.remove();
  });

  it('give the answers of one DuckDB process', async () => {
    const plans: StagePlan[] = [];
    const failures: string[] = [];
    const run = differential({
      seed,
      count,
      oracle: single.answer,
      async run(sql, querySeed) {
        const { rows, result } = await engine.answer(sql, randomDistribution(querySeed));
        plans.push(result.plan);
        return rows;
      },
    });
    for await (const failure of run) {
      failures.push(describeFailure(failure));
      if (failures.length === MAX_FAILURES) break;
    }
    expect(failures).toEqual([]);
    // Which roads were taken: a suite that runs everything whole would prove nothing.
    const used = new Set(plans.flatMap((plan) => plan.edges.map((edge) => edge.routing)));
    expect(ROADS.filter((road) => !used.has(road))).toEqual([]);
    expect(plans.filter((plan) => plan.wholeReason !== null).length).toBeLessThan(count * 0.2);
  });
});
