/** A query that stays whole: its own text, run on worker 0 over views of the tables that it may name. */
import type { Table } from '../../catalog/table.ts';
import type { ColumnType } from '../../engine/fragment.ts';
import { statementText } from '../statement-text.ts';
import type { StagePlan, StageScan } from './stage.ts';

const RESULT_EDGE = 0;

export function wholePlan(sql: string, columns: readonly ColumnType[], tables: ReadonlyMap<string, Table>, reason: string): StagePlan {
  const stage = {
    id: 0,
    sql: statementText(sql).first,
    columns,
    fragments: 1,
    ordered: true,
    scans: [...tables.values()].filter((table) => mentions(sql, table.name)).map(wholeScan),
    inputs: [],
    outputs: [{ edge: RESULT_EDGE, routing: 'result' as const, column: null }],
    estimatedRows: 0,
    estimatedBytes: 0,
  };
  return { stages: [stage], edges: [{ id: RESULT_EDGE, routing: 'result', producer: 0, consumer: null }], resultEdge: RESULT_EDGE, columns, wholeReason: reason };
}

/** Names that do not occur in the text cannot be read by it, unless it asks for all that there are; the others may be. */
const mentions = (sql: string, name: string): boolean => ASKS_FOR_ALL.test(sql) || sql.toLowerCase().includes(name.toLowerCase());

const ASKS_FOR_ALL = /\b(?:show|describe|summarize|duckdb_\w+|information_schema|pg_catalog|pg_\w+|query_table|query)\b/i;

const wholeScan = (table: Table): StageScan => ({ view: table.name, table: table.name, columns: table.columns.map(({ name, type }) => ({ name, type })), split: false, ranges: [] });
