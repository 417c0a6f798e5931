/** The form in which a query's result reaches the driver, which runs no engine: text, JSON, or the bytes of a Parquet file. */
import { defined } from '@pappus/core';
import type { ColumnType } from '../engine/fragment.ts';
import { inputSql } from '../plan/stages/cut.ts';
import { quoteIdentifier } from '../duckdb/quoting.ts';
import type { Stage, StagePlan } from '../plan/stages/stage.ts';
import { jsonValue } from './json-value.ts';

/** `text`: each value as DuckDB prints it. `json`: one column, a JSON object for each row. `parquet`: a file. */
export type ResultForm = 'text' | 'json' | 'parquet';

export interface ShapedPlan extends StagePlan {
  /** Column names of the Parquet file that the result stage writes; null for the other forms. */
  readonly parquet: readonly string[] | null;
}

export function shapeResult(plan: StagePlan, form: ResultForm): ShapedPlan {
  const names = plan.columns.map((column) => column.name);
  switch (form) {
    case 'text':
      return { ...reshaped(plan, plan.columns.map((_, index) => `CAST(c${index} AS VARCHAR)`), names), parquet: null };
    case 'json':
      return { ...reshaped(plan, [jsonObject(plan)], ['json']), parquet: null };
    case 'parquet':
      return { ...gathered(plan), parquet: uniqueNames(names) };
    default:
      return form satisfies never;
  }
}

/** How many columns the frames of a result have. */
export const resultWidth = (plan: StagePlan, form: ResultForm): number => (form === 'json' ? 1 : plan.columns.length);

function jsonObject(plan: StagePlan): string {
  const names = uniqueNames(plan.columns.map((column) => column.name));
  const fields = plan.columns.map(({ type }, index) => `${quoteIdentifier(names[index] ?? '')} := ${jsonValue(`c${index}`, type)}`);
  return `CAST(to_json(struct_pack(${fields.join(', ')})) AS VARCHAR)`;
}

/** Objects and files cannot have a name twice, whatever its case: later ones get a number, as DuckDB does it. */
export function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let count = 1; taken.has(unique.toLowerCase()); count++) unique = `${name}_${count}`;
    taken.add(unique.toLowerCase());
    return unique;
  });
}

const isResult = (plan: StagePlan, stage: Stage): boolean => stage.outputs.some((output) => output.edge === plan.resultEdge);

function reshaped(plan: StagePlan, expressions: readonly string[], names: readonly string[]): StagePlan {
  const columns: ColumnType[] = names.map((name) => ({ name, type: 'VARCHAR' }));
  const inner = plan.columns.map((_, index) => `c${index}`).join(', ');
  const select = expressions.map((expression, index) => `${expression} AS c${index}`).join(', ');
  const stages = plan.stages.map((stage) => (isResult(plan, stage) ? { ...stage, columns, sql: `SELECT ${select} FROM (${stage.sql}) AS result(${inner})` } : stage));
  return { ...plan, stages };
}

/** A file is written by one worker: rows that end on several are gathered first. */
function gathered(plan: StagePlan): StagePlan {
  const last = defined(plan.stages.find((stage) => isResult(plan, stage)), 'result stage');
  if (last.fragments === 1) return plan;
  const edge = Math.max(...plan.edges.map((known) => known.id)) + 1;
  const id = Math.max(...plan.stages.map((stage) => stage.id)) + 1;
  const columns = last.columns.map((column, index) => ({ name: `c${index}`, type: column.type }));
  const collecting: Stage = {
    ...last,
    id,
    sql: `SELECT ${columns.map((column) => column.name).join(', ')} FROM ${inputSql(edge)}`,
    fragments: 1,
    scans: [],
    inputs: [{ edge, table: null, columns }],
    outputs: [{ edge: plan.resultEdge, routing: 'result', column: null }],
  };
  const feeding: Stage = { ...last, outputs: [{ edge, routing: 'gather', column: null }] };
  const edges = plan.edges.map((known) => (known.id === plan.resultEdge ? { ...known, producer: id } : known));
  return {
    ...plan,
    stages: [...plan.stages.map((stage) => (stage === last ? feeding : stage)), collecting],
    edges: [...edges, { id: edge, routing: 'gather', producer: last.id, consumer: id }],
  };
}
