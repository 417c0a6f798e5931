/**
 * Input edges as tables: a DuckDB table function that pulls frames. It runs on the engine thread inside the call
 * that executes the stage, so waiting for a frame is simply sleeping in the callback.
 */
import { AppError, assert } from '@pappus/core';
import { registerCallback, type Pointer } from '../duckdb/bindings.ts';
import type { Connection } from '../duckdb/database.ts';
import type { LogicalTypes } from '../duckdb/logical-types.ts';
import { quoteIdentifier } from '../duckdb/quoting.ts';
import type { Native } from '../duckdb/memory.ts';
import { IdentitySelection } from '../duckdb/selection.ts';
import type { StringCodecs } from '../duckdb/strings.ts';
import { FrameReader, type Projection } from './block-decoder.ts';
import type { FragmentInput } from './fragment.ts';
import { schemaOf } from './frame.ts';
import type { RunState } from './run-state.ts';

const functionName = 'pappus_input';
const bigint = 5;
const boolean = 1;

interface InputTable {
  readonly input: FragmentInput;
  readonly types: LogicalTypes;
  readonly schema: number;
  projection: Projection | null;
  reader: FrameReader | null;
}

export class InputTables {
  readonly #native: Native;
  readonly #strings: StringCodecs;
  readonly #identity: IdentitySelection;
  readonly #tables = new Map<number, InputTable>();
  #state: RunState | null = null;

  constructor(native: Native, connection: Connection, strings: StringCodecs) {
    this.#native = native;
    this.#strings = strings;
    this.#identity = new IdentitySelection(native);
    this.#register(connection);
  }

  /** Makes the inputs of a run readable under their names, as views in the current database. */
  open(connection: Connection, inputs: readonly FragmentInput[], state: RunState): void {
    this.#state = state;
    for (const input of inputs) {
      const types = connection.typesOf(input.columns);
      const schema = schemaOf(types.signatures);
      this.#tables.set(input.edge, { input, types, schema, projection: null, reader: null });
      if (input.table === null) continue;
      const view = `CREATE VIEW ${quoteIdentifier(input.table)} AS SELECT * FROM ${functionName}(${input.edge})`;
      connection.execute(view, `the input ${input.table}`);
    }
  }

  close(): void {
    this.#tables.clear();
    this.#state = null;
  }

  #register(connection: Connection): void {
    const { api } = this.#native;
    const fn = api.createTableFunction();
    api.tableFunctionSetName(fn, functionName);
    const parameter = api.createLogicalType(bigint);
    api.tableFunctionAddParameter(fn, parameter);
    this.#native.destroy(api.destroyLogicalType, parameter);
    api.tableFunctionSetBind(fn, registerCallback((info) => this.#guard((message) => api.bindSetError(info, message), () => this.#bind(info))));
    api.tableFunctionSetInit(fn, registerCallback((info) => this.#guard((message) => api.initSetError(info, message), () => this.#init(info))));
    api.tableFunctionSetFunction(fn, registerCallback((info, chunk) => this.#guard((message) => api.functionSetError(info, message), () => this.#fill(info, chunk))));
    api.tableFunctionProjectionPushdown(fn, 1);
    const failed = api.registerTableFunction(connection.handle, fn);
    this.#native.destroy(api.destroyTableFunction, fn);
    assert(failed === 0, `DuckDB takes the table function ${functionName}`);
  }

  #guard(report: (message: string) => void, work: () => void): void {
    if (this.#state === null) report('an input table is only readable while its fragment runs');
    else this.#state.guard(report, work);
  }

  #bind(info: Pointer): void {
    const { api } = this.#native;
    const value = api.bindGetParameter(info, 0);
    const edge = api.getInt64(value);
    this.#native.destroy(api.destroyValue, value);
    const { input, types } = this.#table(edge);
    input.columns.forEach(({ name }, column) => api.bindAddResultColumn(info, name, types.handle(column)));
    if (input.columns.length === 0) this.#addPlaceholder(info);
    if (input.estimatedRows !== undefined) api.bindSetCardinality(info, Math.max(1, Math.ceil(input.estimatedRows)), 0);
    api.bindSetBindData(info, edge, 0);
  }

  /** A table needs a column, even when only its rows are counted. */
  #addPlaceholder(info: Pointer): void {
    const { api } = this.#native;
    const type = api.createLogicalType(boolean);
    api.bindAddResultColumn(info, 'pappus_no_column', type);
    this.#native.destroy(api.destroyLogicalType, type);
  }

  #init(info: Pointer): void {
    const { api } = this.#native;
    const table = this.#table(api.initGetBindData(info));
    if (table.projection !== null) {
      throw new AppError('unsupported', `the stage reads the input of edge ${table.input.edge} twice; an exchange delivers its rows once`, {
        hint: 'Read it through a CTE that is AS MATERIALIZED.',
      });
    }
    const columns = table.input.columns.length;
    const indexes = Array.from({ length: api.initColumnCount(info) }, (_, index) => api.initColumnIndex(info, index));
    table.projection = indexes.map((index) => (typeof index === 'number' && index < columns ? index : null));
    api.initSetMaxThreads(info, 1);
  }

  #fill(info: Pointer, chunk: Pointer): void {
    const state = this.#state;
    const table = this.#table(this.#native.api.functionGetBindData(info));
    assert(state !== null && table.projection !== null, 'an input table is initialised before it is read');
    state.checkCancelled();
    let rows = 0;
    while (rows === 0) {
      table.reader ??= this.#nextReader(table, state);
      if (table.reader === null) break;
      const { reader, projection } = table;
      rows = state.stopwatch.in('decode', () => reader.nextBlock(chunk, projection));
      if (rows > 0) continue;
      reader.release();
      table.reader = null;
    }
    this.#native.api.dataChunkSetSize(chunk, rows);
  }

  #nextReader(table: InputTable, state: RunState): FrameReader | null {
    const frame = state.nextFrame(table.input.edge);
    if (frame === null) return null;
    const tools = { native: this.#native, strings: this.#strings, identity: this.#identity };
    const reader = state.stopwatch.in('decode', () => new FrameReader(tools, table.types.layouts, table.schema, frame));
    state.inputs.add(table.input.edge, reader.rows, frame.byteLength);
    return reader;
  }

  #table(edge: number): InputTable {
    const table = this.#tables.get(edge);
    if (table === undefined) throw new AppError('internal', `the fragment has no input edge ${edge}`);
    return table;
  }
}
