/**
 * From SQL to our plan tree, with DuckDB as parser, binder and optimiser. Each table stands for itself as a table
 * function that has its columns and cardinality but no rows (an empty real table would be folded away).
 */
import { AppError, defined, errorMessage, toAppError } from '@pappus/core';
import { DuckDBTableFunction, StatementType, type DuckDBConnection, type DuckDBType } from '@duckdb/node-api';
import type { Table } from '../catalog/table.ts';
import { asArray, asObject, parsePlanJson } from './duckdb/json.ts';
import { translatePlan, type Tables } from './duckdb/operators.ts';
import { quoteIdentifier } from '../duckdb/quoting.ts';
import type { PlanTree } from './node.ts';
import { statementText } from './statement-text.ts';

export interface LogicalPlan {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** The plan, or why it stays whole. */
  readonly plan: { readonly kind: 'tree'; readonly tree: PlanTree } | { readonly kind: 'opaque'; readonly reason: string };
}

/** Finds out the columns of a query that takes them from the data, which the planner does not read. */
export type DescribeFromData = (sql: string) => Promise<LogicalPlan['columns']>;

const refuseToRead: DescribeFromData = () => Promise.reject(new AppError('unsupported', 'PIVOT takes its columns from the data, which cannot be read here', { hint: "List the values: PIVOT … ON x IN ('a', 'b')." }));

const FUNCTION_PREFIX = 'pappus_scan_';

// Each of these rewrites the plan into something that has no SQL form or that only the local engine can run.
const DISABLED_OPTIMIZERS = [
  'column_lifetime', 'compressed_materialization', 'join_filter_pushdown', 'late_materialization', 'common_subplan', 'in_clause',
  // Fails to serialise now and then.
  'common_aggregate',
  // Rewrites into operators over packed structs and into comparisons with BLOBs.
  'top_n_window_elimination', 'regex_range',
].join();

export class Planner {
  readonly #connection: DuckDBConnection;
  readonly #tables: Tables;
  readonly #columnsFromData: DescribeFromData;

  private constructor(connection: DuckDBConnection, tables: readonly Table[], columnsFromData: DescribeFromData) {
    this.#connection = connection;
    this.#columnsFromData = columnsFromData;
    const byFunction = new Map(tables.map((table, index) => [`${FUNCTION_PREFIX}${index}`, { name: table.name, types: new Map(table.columns.map((column) => [column.name, column.type])) }]));
    this.#tables = { byFunction: (name) => byFunction.get(name) ?? null };
  }

  /** Takes over the connection's settings and names; the caller closes it. */
  static async create(connection: DuckDBConnection, tables: readonly Table[], columnsFromData: DescribeFromData = refuseToRead): Promise<Planner> {
    for (const [index, table] of tables.entries()) await registerStub(connection, table, `${FUNCTION_PREFIX}${index}`);
    await connection.run(`SET disabled_optimizers = '${DISABLED_OPTIMIZERS}'`);
    return new Planner(connection, tables, columnsFromData);
  }

  /** Throws DuckDB's own message for a statement that does not parse or bind, and refuses what is no query. */
  async plan(sql: string): Promise<LogicalPlan> {
    const { first, count } = statementText(sql);
    if (count !== 1) throw new AppError('invalid-argument', `expected one SQL statement, got ${count}`);
    if (/^\s*pragma\b/i.test(first)) throw refused('PRAGMA');
    const columns = await this.#describe(first);
    if (columns === null) return { columns: await this.#columnsFromData(first), plan: { kind: 'opaque', reason: 'PIVOT takes its columns from the data' } };
    const reader = await this.#connection.runAndReadAll('SELECT json_serialize_plan($1::VARCHAR, optimize := true)', [first]);
    const answer = asObject(parsePlanJson(String(reader.getRows()[0]?.[0])));
    if (answer['error'] === true) return { columns, plan: { kind: 'opaque', reason: `DuckDB cannot serialise its plan: ${String(answer['error_message'])}` } };
    try {
      const tree = translatePlan(defined(asArray(answer['plans'])[0], 'plan'), this.#tables);
      return { columns, plan: { kind: 'tree', tree } };
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code !== 'unsupported') throw error;
      return { columns, plan: { kind: 'opaque', reason: error.message } };
    }
  }

  /** Null when the columns depend on the data: DuckDB makes one PIVOT into several statements, of which the first collect its values. */
  async #describe(sql: string): Promise<LogicalPlan['columns'] | null> {
    const statements = await this.#connection.extractStatements(sql).catch(rethrowSqlError);
    const statement = await statements.prepare(0).catch(rethrowSqlError);
    try {
      if (statements.count > 1) return null;
      if (statement.parameterCount > 0) throw new AppError('invalid-argument', 'the statement has parameters, which have no values here');
      if (statement.statementType !== StatementType.SELECT) throw refused(StatementType[statement.statementType]);
      const types = Array.from({ length: statement.columnCount }, (_, index) => statement.columnType(index));
      if (types.some(needsDescribing)) return await this.#asDuckDbWrites(sql);
      return types.map((type, index) => ({ name: statement.columnName(index), type: String(type) }));
    } finally {
      statement.destroySync();
    }
  }

  /** With aliases such as JSON, and names of fields and ENUM values quoted where they have to be and no more. */
  async #asDuckDbWrites(sql: string): Promise<LogicalPlan['columns']> {
    const described = await this.#connection.runAndReadAll(`DESCRIBE ${sql}`);
    return described.getRows().map((row) => ({ name: String(row[0]), type: String(row[1]) }));
  }
}

const PLAIN_TYPE = /^(?:[A-Z_ ]+|DECIMAL\(\d+,\d+\))$/;

const needsDescribing = (type: DuckDBType): boolean => type.alias !== undefined || !PLAIN_TYPE.test(String(type));

function refused(kind: string | undefined): AppError {
  const hint = kind === 'EXPLAIN' ? 'Ask pappus explain, with the query alone.' : 'Write a SELECT (or FROM, WITH, VALUES) statement.';
  return new AppError('unsupported', `only queries run on functions, not ${kind} statements`, { hint });
}

function rethrowSqlError(thrown: unknown): never {
  throw new AppError('invalid-argument', errorMessage(thrown).replace(/^Failed to extract statements: /, ''), { cause: thrown });
}

async function registerStub(connection: DuckDBConnection, table: Table, functionName: string): Promise<void> {
  const shape = await connection.run(`SELECT ${table.columns.map((column) => `CAST(NULL AS ${column.type}) AS ${quoteIdentifier(column.name)}`).join(', ')} LIMIT 0`);
  const types = shape.columnTypes();
  connection.registerTableFunction(DuckDBTableFunction.create({
    name: functionName,
    parameterTypes: [],
    supportsProjectionPushdown: true,
    bindFunction: (info) => {
      table.columns.forEach((column, index) => info.addResultColumn(column.name, defined(types[index], column.name)));
      info.setCardinality(table.rows, true);
    },
    initFunction: () => {},
    mainFunction: (_info, output) => {
      output.rowCount = 0;
    },
  }));
  await connection.run(`CREATE VIEW ${quoteIdentifier(table.name)} AS FROM ${functionName}()`);
}
