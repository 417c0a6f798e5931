/** What planner tests run on: the random tables as Parquet, a planner over their catalog, and one DuckDB with their rows. */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { openLocalCatalog } from '../../catalog/local-catalog.ts';
import type { Table } from '../../catalog/table.ts';
import { openSingleProcess, type SingleProcess } from '../../differential/single-process.ts';
import { createTestTables } from '../../differential/test-tables.ts';
import type { Rows } from '../../differential/rows.ts';
import type { DistributionOptions } from '../distribute/options.ts';
import { quoteIdentifier } from '../../duckdb/quoting.ts';
import { Planner } from '../planner.ts';
import type { StagePlan } from '../stages/stage.ts';
import { planStages } from '../stages/stage-planner.ts';
import { runSimulated } from './simulated-cluster.ts';

export interface PlannerBench {
  readonly planner: Planner;
  readonly tables: ReadonlyMap<string, Table>;
  /** Runs simulated workers: it has each table under `source(name)`. */
  readonly connection: DuckDBConnection;
  readonly single: SingleProcess;
  source(table: string): string;
  plan(sql: string, options: Partial<DistributionOptions> & { readonly workers: number }): Promise<StagePlan>;
  /** The rows that simulated workers find; null when the query stays whole. */
  run(sql: string, options: Partial<DistributionOptions> & { readonly workers: number }): Promise<Rows | null>;
  close(): Promise<void>;
}

/** Every table split and every exchange by hash. */
export const SPREAD = { workers: 3, replicateMaxRows: 0, gatherMaxRows: 0, broadcastWeight: 1e9, fragmentMinRows: 0 } as const;

export async function openPlannerBench(seed = 1): Promise<PlannerBench> {
  const data = await createTestTables(seed);
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const planning = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  const { tables } = await openLocalCatalog(planning, data.folder);
  const planner = await Planner.create(planning, [...tables.values()]);
  const source = (table: string): string => `main.${quoteIdentifier(table)}`;
  for (const { name, path } of data.tables) await connection.run(`CREATE TABLE ${source(name)} AS FROM read_parquet('${path}')`);
  const single = await openSingleProcess({ tables: data.tables, threads: 1 });
  const plan: PlannerBench['plan'] = (sql, options) => planStages(planner, tables, sql, options);
  return {
    planner,
    tables,
    connection,
    single,
    source,
    plan,
    async run(sql, options) {
      const stages = await plan(sql, options);
      if (stages.wholeReason !== null) return null;
      const rows = await runSimulated(connection, stages, source);
      return { columns: stages.columns, rows };
    },
    async close() {
      single.close();
      connection.closeSync();
      planning.closeSync();
      instance.closeSync();
      await data.remove();
    },
  };
}
