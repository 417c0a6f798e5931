/**
 * From SQL to our plan tree, with DuckDB as parser, binder and optimiser. Each table stands for itself as a table
 * function that has its columns and cardinality but no rows (an empty real table would be folded away).
 */
import { AppError, defined, errorMessage, toAppError } from '@pappus/core';
import { DuckDBTableFunction, StatementType, type DuckDBConnection } from '@duckdb/node-api';
import type { Table } from '../catalog/table.ts';
import { asArray, asObject, parsePlanJson } from './duckdb/json.ts';
import { translatePlan, type Tables } from './duckdb/operators.ts';
import { quoteIdentifier } from './duckdb/types.ts';
import type { PlanTree } from './node.ts';

export interface LogicalPlan {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** The plan, or why it stays whole. */
  readonly plan: { readonly kind: 'tree'; readonly tree: PlanTree } | { readonly kind: 'opaque'; readonly reason: string };
}

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

  private constructor(connection: DuckDBConnection, tables: readonly Table[]) {
    this.#connection = connection;
    const byFunction = new Map(tables.map((table, index) => [`${FUNCTION_PREFIX}${index}`, { name: table.name, types: new Map(table.columns.map((column) => [column.name, column.type])) }]));
    this.#tables = { byFunction: (name) => byFunction.get(name) ?? null };
  }

  /** Takes over the connection's settings and names; the caller closes it. */
  static async create(connection: DuckDBConnection, tables: readonly Table[]): Promise<Planner> {
    for (const [index, table] of tables.entries()) await registerStub(connection, table, `${FUNCTION_PREFIX}${index}`);
    await connection.run(`SET disabled_optimizers = '${DISABLED_OPTIMIZERS}'`);
    return new Planner(connection, tables);
  }

  /** Throws DuckDB's own message for a statement that does not parse or bind, and refuses what is no query. */
  async plan(sql: string): Promise<LogicalPlan> {
    const columns = await this.#describe(sql);
    const reader = await this.#connection.runAndReadAll('SELECT json_serialize_plan($1::VARCHAR, optimize := true)', [sql]);
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

  async #describe(sql: string): Promise<LogicalPlan['columns']> {
    const statements = await this.#connection.extractStatements(sql).catch(rethrowSqlError);
    if (statements.count !== 1) throw new AppError('invalid-argument', `expected one SQL statement, got ${statements.count}`);
    const statement = await statements.prepare(0).catch(rethrowSqlError);
    try {
      if (statement.parameterCount > 0) throw new AppError('invalid-argument', 'the statement has parameters, which have no values here');
      if (statement.statementType !== StatementType.SELECT) throw new AppError('unsupported', `only queries run on functions, not ${StatementType[statement.statementType]} statements`, { hint: 'Write a SELECT (or FROM, WITH, VALUES) statement.' });
      const columns = Array.from({ length: statement.columnCount }, (_, index) => ({ name: statement.columnName(index), type: String(statement.columnType(index)) }));
      return columns.some((column) => column.type.includes('"')) ? await this.#asDuckDbWrites(sql, columns) : columns;
    } finally {
      statement.destroySync();
    }
  }

  /** Names of fields and ENUM values are quoted where they have to be, no more. */
  async #asDuckDbWrites(sql: string, columns: LogicalPlan['columns']): Promise<LogicalPlan['columns']> {
    const described = (await this.#connection.runAndReadAll(`DESCRIBE ${sql}`)).getRows();
    return columns.map((column, index) => ({ ...column, type: String(described[index]?.[1] ?? column.type) }));
  }
}

function rethrowSqlError(thrown: unknown): never {
  throw new AppError('invalid-argument', errorMessage(thrown), { cause: thrown });
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
