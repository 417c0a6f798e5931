/** SQL in, stages out: the planner, the estimator, distribution and the cut in one line. */
import { toAppError } from '@pappus/core';
import type { Table } from '../../catalog/table.ts';
import { distribute } from '../distribute/distribution.ts';
import { DEFAULT_DISTRIBUTION, type DistributionOptions } from '../distribute/options.ts';
import { Estimator } from '../estimate.ts';
import type { PlanTree } from '../node.ts';
import type { LogicalPlan, Planner } from '../planner.ts';
import { cutIntoStages } from './cut.ts';
import { sizeStages } from './fragments.ts';
import type { StagePlan } from './stage.ts';
import { wholePlan } from './whole.ts';

export type PlanOptions = Partial<DistributionOptions> & Pick<DistributionOptions, 'workers'>;

/** Plans a query for a number of workers. Throws DuckDB's message when the SQL is wrong. */
export async function planStages(planner: Planner, tables: ReadonlyMap<string, Table>, sql: string, options: PlanOptions): Promise<StagePlan> {
  return stagesOf(await planner.plan(sql), tables, sql, options);
}

export function stagesOf(logical: LogicalPlan, tables: ReadonlyMap<string, Table>, sql: string, options: PlanOptions): StagePlan {
  const { columns, plan } = logical;
  if (plan.kind === 'opaque') return wholePlan(sql, columns, tables, plan.reason);
  try {
    return distributed(logical, plan.tree, tables, options);
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code !== 'unsupported') throw error;
    return wholePlan(sql, columns, tables, error.message);
  }
}

function distributed(logical: LogicalPlan, tree: PlanTree, tables: ReadonlyMap<string, Table>, options: PlanOptions): StagePlan {
  const full: DistributionOptions = { ...DEFAULT_DISTRIBUTION, ...options };
  const estimator = new Estimator(tables, tree.shared);
  return cutIntoStages(sizeStages(distribute(tree, estimator, full), estimator, full), logical.columns, estimator);
}
