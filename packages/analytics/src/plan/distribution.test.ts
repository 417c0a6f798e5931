/** Distribution against one process, on simulated workers: random queries, and what each node claims of its rows. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { differenceOf } from '../differential/oracle.ts';
import { randomDistribution } from '../differential/random-distribution.ts';
import { randomQuery } from '../differential/random-query.ts';
import { orderedColumns } from '../differential/sql-tree.ts';
import { Distribution, type Distributed } from './distribute/distribution.ts';
import { DEFAULT_DISTRIBUTION } from './distribute/options.ts';
import { Estimator } from './estimate.ts';
import type { Plan, PlanTree } from './node.ts';
import { cutIntoStages } from './stages/cut.ts';
import { sizeStages } from './stages/fragments.ts';
import { openPlannerBench, SPREAD, type PlannerBench } from './testing/planner-bench.ts';
import { simulate } from './testing/simulated-cluster.ts';

const FIRST_SEED = 7000;
const QUERIES = 150;
const CLAIMS_SEED = 9000;
const CLAIMS_QUERIES = 15;

let bench: PlannerBench;
beforeAll(async () => {
  bench = await openPlannerBench();
});
afterAll(() => bench.close());

const seeds = (first: number, count: number): number[] => Array.from({ length: count }, (_, index) => first + index);

describe(`random queries on 1 to 4 simulated workers, seeds from ${FIRST_SEED}`, () => {
  let distributed = 0;

  it.each(seeds(FIRST_SEED, QUERIES))('seed %d gives what one process gives', async (seed) => {
    const { sql, tree } = randomQuery(seed);
    const expected = await bench.single.answer(sql);
    const actual = await bench.run(sql, { ...randomDistribution(seed), workers: 1 + (seed % 4) }).then((rows) => rows && ({ kind: 'rows', rows }) as const, (thrown: unknown) => ({ kind: 'error', message: String(thrown) }) as const);
    if (actual === null) return; // whole: the text of the query runs as it is
    distributed += 1;
    // Fragments are read worker by worker, so an order is that of the result only where one worker has it.
    expect(differenceOf(expected, actual, { orderedBy: orderedColumns(tree) })?.text ?? 'the same', sql).toBe('the same');
  });

  it('are distributed, four out of five', () => expect(distributed).toBeGreaterThan(QUERIES * 0.8));
});

/** Remembers what was said of each node. */
class Recording extends Distribution {
  readonly nodes: Distributed[] = [];

  override visit(plan: Plan): Distributed {
    const found = super.visit(plan);
    this.nodes.push(found);
    return found;
  }
}

describe(`partitioning claims, seeds from ${CLAIMS_SEED}`, () => {
  let claims = 0;

  it.each(seeds(CLAIMS_SEED, CLAIMS_QUERIES))('seed %d: rows with equal keys are on one worker, and equal texts are equal', async (seed) => {
    const { plan } = await bench.planner.plan(randomQuery(seed).sql);
    if (plan.kind === 'opaque') return;
    for (const claim of claimsOf(plan.tree)) {
      claims += 1;
      expect(await brokenClaim(claim.node, claim.tree), randomQuery(seed).sql).toBe('');
    }
  });

  it('were made', () => expect(claims).toBeGreaterThan(CLAIMS_QUERIES));
});

interface Claim {
  readonly node: Distributed;
  readonly tree: Recording;
}

function claimsOf(tree: PlanTree): Claim[] {
  const recording = new Recording(new Estimator(bench.tables, tree.shared), { ...DEFAULT_DISTRIBUTION, ...SPREAD });
  for (const [id, plan] of tree.shared) recording.shared.set(id, recording.visit(plan));
  recording.visit(tree.root);
  return recording.nodes.filter(({ partitioning }) => partitioning.kind === 'hash').map((node) => ({ node, tree: recording }));
}

/** What is wrong with a claim, as text; empty when it holds. */
async function brokenClaim(node: Distributed, { shared, estimator }: Recording): Promise<string> {
  if (node.partitioning.kind !== 'hash') return '';
  const columns = node.plan.types.map((type, index) => ({ name: `c${index}`, type }));
  const stages = cutIntoStages(sizeStages({ root: node, shared }, estimator, { ...DEFAULT_DISTRIBUTION, ...SPREAD }), columns, estimator);
  const keys = node.partitioning.keys.map((texts) => texts.map(asSql));
  const first = keys.map(([text]) => text ?? '').join(', ');
  const differing = keys.flatMap(([text, ...others]) => others.map((other) => `(${text}) IS DISTINCT FROM (${other})`));
  return simulate(bench.connection, stages, bench.source, async (tables) => {
    const each = tables.map((table) => `SELECT DISTINCT hash(${first}) AS h FROM ${table}`).join(' UNION ALL ');
    const split = await bench.connection.runAndReadAll(`SELECT h FROM (${each}) GROUP BY h HAVING count(*) > 1 LIMIT 1`);
    if (split.getRows().length > 0) return `rows of one ${first} are on several workers`;
    if (differing.length === 0) return '';
    const unequal = await bench.connection.runAndReadAll(`SELECT 1 FROM (${tables.map((table) => `FROM ${table}`).join(' UNION ALL ')}) WHERE ${differing.join(' OR ')} LIMIT 1`);
    return unequal.getRows().length > 0 ? `not equal: ${JSON.stringify(keys)}` : '';
  });
}

/** A key's text with its column marks as column names. */
const asSql = (key: string): string => key.replace(/\uF8FF(\d+)\uF8FF/g, 'c$1');
