/**
 * Runs a stage plan inside one DuckDB, one worker after the other, with tables for edges: what distribution means,
 * without any exchange. Planner tests compare it with the query run whole.
 */
import { defined } from '@pappus/core';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteIdentifier } from '../../duckdb/quoting.ts';
import { inputSql } from '../stages/cut.ts';
import type { Stage, StageEdge, StagePlan } from '../stages/stage.ts';

/** Cells as text; null is NULL. */
export type Rows = readonly (readonly (string | null)[])[];

/** `source(table)` is the SQL of a table with all its rows. */
export async function runSimulated(connection: DuckDBConnection, plan: StagePlan, source: (table: string) => string): Promise<Rows> {
  return simulate(connection, plan, source, async (tables) => {
    const rows: (string | null)[][] = [];
    for (const table of tables) rows.push(...(await readText(connection, table, plan.columns.length)));
    return rows;
  });
}

/** Runs the plan and hands over the tables with the result's rows on each worker, with columns c0, c1, … */
export async function simulate<T>(connection: DuckDBConnection, plan: StagePlan, source: (table: string) => string, read: (tables: readonly string[]) => Promise<T>): Promise<T> {
  await connection.run('CREATE OR REPLACE SCHEMA simulated');
  await connection.run('SET schema = simulated');
  try {
    for (const stage of plan.stages) {
      for (let worker = 0; worker < stage.fragments; worker++) await runFragment(connection, plan, stage, worker, source);
    }
    const result = defined(plan.stages.find((stage) => stage.outputs.some((output) => output.edge === plan.resultEdge)), 'result stage');
    return await read(Array.from({ length: result.fragments }, (_, worker) => outputTable(result.id, worker)));
  } finally {
    await connection.run('SET schema = main');
    await connection.run('DROP SCHEMA simulated CASCADE');
  }
}

const outputTable = (stage: number, worker: number): string => `simulated.stage_${stage}_${worker}`;

async function runFragment(connection: DuckDBConnection, plan: StagePlan, stage: Stage, worker: number, source: (table: string) => string): Promise<void> {
  await connection.run(`CREATE OR REPLACE MACRO pappus_worker() AS ${worker}`);
  for (const scan of stage.scans) {
    const part = scan.split ? `SELECT * FROM (SELECT *, row_number() OVER () AS pappus_row FROM ${source(scan.table)}) WHERE pappus_row % ${stage.fragments} = ${worker}` : `SELECT * FROM ${source(scan.table)}`;
    await connection.run(`CREATE OR REPLACE VIEW simulated.${quoteIdentifier(scan.view)} AS ${part}`);
  }
  for (const input of stage.inputs) {
    const edge = defined(plan.edges.find((candidate) => candidate.id === input.edge), `edge ${input.edge}`);
    await connection.run(`CREATE OR REPLACE VIEW simulated.edge_${input.edge} AS ${edgeRows(plan, edge, worker)}`);
  }
  // Only the columns that the query reads by position: names may repeat in a user's own text.
  const names = stage.columns.map((_, index) => `c${index}`).concat(stage.outputs.filter((output) => output.column !== null).map((_, index) => `p${index}`));
  await connection.run(`CREATE TABLE ${outputTable(stage.id, worker)} AS SELECT * FROM (${readsViews(stage)}) AS t(${names.join(', ')})`);
}

/** The engine's table function for an input is a view here. */
const readsViews = (stage: Stage): string => stage.inputs.reduce((sql, { edge }) => sql.replaceAll(inputSql(edge), `edge_${edge}`), stage.sql);

/** The rows of an edge that reach one consuming fragment. */
function edgeRows(plan: StagePlan, edge: StageEdge, worker: number): string {
  const producer = defined(plan.stages.find((stage) => stage.id === edge.producer), `stage ${edge.producer}`);
  const index = producer.outputs.filter((output) => output.column !== null).findIndex((output) => output.edge === edge.id);
  const columns = producer.columns.map((_, position) => `c${position}`).join(', ');
  const parts: string[] = [];
  for (let from = 0; from < producer.fragments; from++) {
    const keep = { hash: `p${index} = ${worker}`, broadcast: 'true', gather: `${worker} = 0`, forward: `${from} = ${worker}`, result: 'false' }[edge.routing];
    parts.push(`SELECT ${columns} FROM ${outputTable(producer.id, from)} WHERE ${keep}`);
  }
  return parts.join(' UNION ALL ');
}

async function readText(connection: DuckDBConnection, table: string, width: number): Promise<(string | null)[][]> {
  const reader = await connection.runAndReadAll(`SELECT ${Array.from({ length: width }, (_, index) => `CAST(c${index} AS VARCHAR)`).join(', ')} FROM ${table}`);
  return reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value))));
}
