/**
 * The end of a stage's pipeline: a DuckDB copy function. `COPY (select) TO … (FORMAT pappus_output)` hands us each
 * chunk where the pipeline made it; a streaming result would copy every row once more and takes five times longer.
 */
import { AppError, assert } from '@pappus/core';
import { registerCallback, type Pointer } from '../duckdb/bindings.ts';
import type { Connection } from '../duckdb/database.ts';
import { isUsmallint, layoutOf, type Layout } from '../duckdb/layout.ts';
import type { LogicalTypes } from '../duckdb/logical-types.ts';
import type { Native } from '../duckdb/memory.ts';
import type { StringCodecs } from '../duckdb/strings.ts';
import { BlockEncoder } from './block-encoder.ts';
import { EdgeSink } from './edge-sink.ts';
import type { FragmentSpec } from './fragment.ts';
import { schemaOf } from './frame.ts';
import type { RunState } from './run-state.ts';

const formatName = 'pappus_output';

interface OpenSink {
  readonly fragment: FragmentSpec;
  readonly types: LogicalTypes;
  readonly edges: readonly EdgeSink[];
  readonly state: RunState;
  /** Set while binding: the select's types are not the plan's, and how many columns it has. */
  resultColumns: number;
  mismatch: boolean;
}

export class OutputSink {
  readonly #native: Native;
  readonly #strings: StringCodecs;
  #open: OpenSink | null = null;

  constructor(native: Native, connection: Connection, strings: StringCodecs) {
    this.#native = native;
    this.#strings = strings;
    this.#register(connection);
  }

  /** Runs the fragment's select and sends its rows, all but those that wait in `finish`. */
  run(connection: Connection, fragment: FragmentSpec, state: RunState): void {
    const types = connection.typesOf(fragment.columns);
    this.#open = { fragment, types, edges: this.#edgeSinks(fragment, types, state), state, resultColumns: 0, mismatch: false };
    const sql = fragment.sql.replace(/[\s;]+$/, '');
    try {
      this.#copy(connection, sql);
    } catch (error) {
      if (!this.#open.mismatch) throw error;
      this.#open.mismatch = false;
      this.#copy(connection, withCasts(fragment, sql, this.#open.resultColumns));
    }
  }

  finish(): void {
    const open = this.#open;
    assert(open !== null, 'a sink is finished while it is open');
    open.state.stopwatch.in('encode', () => {
      for (const edge of open.edges) edge.finish();
    });
  }

  close(): void {
    for (const edge of this.#open?.edges ?? []) edge.close();
    this.#open = null;
  }

  #copy(connection: Connection, sql: string): void {
    connection.execute(`COPY (${sql}\n) TO 'fragment' (FORMAT ${formatName})`, 'the stage failed');
  }

  #edgeSinks(fragment: FragmentSpec, types: LogicalTypes, state: RunState): EdgeSink[] {
    const encoder = new BlockEncoder(this.#native, this.#strings, types.layouts);
    const shape = { encoder, schema: schemaOf(types.signatures), types, flat: types.layouts.every(isFlat) };
    return fragment.outputs.map((output) => {
      const copies = output.routing.kind === 'all' ? output.consumers : 1;
      return new EdgeSink(this.#native, output, shape, (edge, consumer, frame, rows) => state.emit(edge, consumer, frame, rows, copies));
    });
  }

  #register(connection: Connection): void {
    const { api } = this.#native;
    const fn = api.createCopyFunction();
    const nothing = registerCallback(() => undefined);
    api.copyFunctionSetName(fn, formatName);
    api.copyFunctionSetBind(fn, registerCallback((info) => this.#guard((message) => api.copyBindSetError(info, message), (open) => this.#bind(open, info))));
    api.copyFunctionSetGlobalInit(fn, nothing);
    api.copyFunctionSetSink(fn, registerCallback((info, chunk) => this.#guard((message) => api.copySinkSetError(info, message), (open) => this.#take(open, chunk))));
    api.copyFunctionSetFinalize(fn, nothing);
    const failed = api.registerCopyFunction(connection.handle, fn);
    this.#native.destroy(api.destroyCopyFunction, fn);
    assert(failed === 0, `DuckDB takes the copy function ${formatName}`);
  }

  #guard(report: (message: string) => void, work: (open: OpenSink) => void): void {
    const open = this.#open;
    if (open === null) report(`${formatName} is only for stages`);
    else open.state.guard(report, () => work(open));
    if (open?.mismatch === true) report('column types');
  }

  #bind(open: OpenSink, info: Pointer): void {
    const { api } = this.#native;
    const { columns, outputs } = open.fragment;
    open.resultColumns = api.copyBindColumnCount(info);
    const routes = outputs.flatMap(({ routing }) => (routing.kind === 'column' ? [routing.column] : []));
    if (open.resultColumns < Math.max(columns.length, ...routes.map((column) => column + 1))) {
      throw new AppError('internal', `the stage's SQL has ${open.resultColumns} result columns, its plan more`);
    }
    const fits = (column: number, accept: (type: Pointer) => boolean): boolean => {
      const type = api.copyBindColumnType(info, column);
      const accepted = accept(type);
      this.#native.destroy(api.destroyLogicalType, type);
      return accepted;
    };
    const dataFits = columns.every((_, column) => fits(column, (type) => signatureOf(this.#native, type) === open.types.signatures[column]));
    open.mismatch = !(dataFits && routes.every((column) => fits(column, (type) => isUsmallint(this.#native, type))));
  }

  #take(open: OpenSink, chunk: Pointer): void {
    const { api } = this.#native;
    open.state.checkCancelled();
    open.state.stopwatch.in('encode', () => {
      const rows = api.dataChunkSize(chunk);
      if (rows === 0) return;
      const vectors = open.fragment.columns.map((_, column) => api.dataChunkVector(chunk, column));
      for (const edge of open.edges) edge.write(chunk, vectors, rows);
    });
  }
}

/** The select with its columns as the plan has them: DuckDB may give a literal or a sum another type. */
function withCasts(fragment: FragmentSpec, sql: string, resultColumns: number): string {
  const columns = Array.from({ length: resultColumns }, (_, column) => {
    const type = fragment.columns[column]?.type;
    return `CAST(#${column + 1} AS ${type ?? 'USMALLINT'})`;
  });
  return `SELECT ${columns.join(', ')} FROM (${sql}\n)`;
}

/** A type that does not travel never equals a planned one. */
function signatureOf(native: Native, type: Pointer): string | null {
  try {
    return layoutOf(native, type, '').signature;
  } catch {
    return null;
  }
}

function isFlat(layout: Layout): boolean {
  return layout.kind === 'fixed' || layout.kind === 'string';
}
