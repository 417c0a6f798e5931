/**
 * A DuckDB in memory and its connections, driven synchronously on the calling thread. `threads=1` keeps DuckDB
 * from starting threads of its own, so every callback runs on this thread, inside the call that triggers it.
 */
import { assert, AppError } from '@pappus/core';
import type { ColumnType } from '../engine/fragment.ts';
import { NativeBuffer, type Native } from './memory.ts';
import type { Pointer } from './bindings.ts';
import { duckDbError } from './errors.ts';
import { LogicalTypes } from './logical-types.ts';

export interface DatabaseConfig {
  readonly memoryLimitBytes: number;
  /** Where DuckDB spills what does not fit; it creates the folder when it first needs it. */
  readonly tempDirectory: string;
}

const resultBytes = 48;
/** Far more lists of types than one stage has edges. */
const maxKeptTypes = 512;
const peakMetric = 'SYSTEM_PEAK_BUFFER_MEMORY';

export class Database {
  readonly #native: Native;
  #handle: Pointer;

  constructor(native: Native, config: DatabaseConfig) {
    this.#native = native;
    this.#handle = open(native, {
      threads: '1',
      memory_limit: `${Math.max(1, Math.floor(config.memoryLimitBytes / 1024))}KiB`,
      temp_directory: config.tempDirectory,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      // Computes a window by reading its input twice, which the input of a stage does not allow.
      disabled_optimizers: 'window_self_join',
    });
  }

  connect(): Connection {
    assert(this.#handle !== 0, 'the database is closed');
    const handle = this.#native.out((cell) => this.#native.api.connect(this.#handle, cell));
    if (handle === 0) throw new AppError('internal', 'DuckDB refused a connection');
    return new Connection(this.#native, handle);
  }

  close(): void {
    this.#native.destroy(this.#native.api.close, this.#handle);
    this.#handle = 0;
  }
}

export class Connection {
  readonly #native: Native;
  readonly #result: NativeBuffer = new NativeBuffer(resultBytes);
  /** By their texts, least recently used first. */
  readonly #types = new Map<string, LogicalTypes>();
  #handle: Pointer;

  constructor(native: Native, handle: Pointer) {
    this.#native = native;
    this.#handle = handle;
  }

  /** Its address; another thread may pass it to `duckdb_interrupt` while this connection is open. */
  get handle(): Pointer {
    assert(this.#handle !== 0, 'the connection is closed');
    return this.#handle;
  }

  /** Runs one statement and drops its rows. */
  execute(sql: string, what: string): void {
    this.#run(sql, what, () => null);
  }

  /** Runs one statement; its rows as text. Only scalar columns: others have to be cast to VARCHAR. */
  query(sql: string, what = 'a control query failed'): (string | null)[][] {
    const { api } = this.#native;
    return this.#run(sql, what, (result) => {
      const columns = api.columnCount(result);
      const cell = (row: number, column: number): string | null => this.#native.takeString(api.valueVarchar(result, column, row));
      return Array.from({ length: api.rowCount(result) }, (_, row) => Array.from({ length: columns }, (_, column) => cell(row, column)));
    });
  }

  /** Types by their SQL text, kept for later stages; throws `invalid-argument` for one that DuckDB does not know. */
  typesOf(columns: readonly ColumnType[]): LogicalTypes {
    const key = JSON.stringify(columns.map(({ name, type }) => [name, type]));
    const types = this.#types.get(key) ?? this.#prepareTypes(columns);
    this.#types.delete(key);
    this.#types.set(key, types);
    const [oldest] = this.#types;
    if (this.#types.size > maxKeptTypes && oldest !== undefined) {
      this.#types.delete(oldest[0]);
      oldest[1].close();
    }
    return types;
  }

  #prepareTypes(columns: readonly ColumnType[]): LogicalTypes {
    const { api } = this.#native;
    const casts = columns.map(({ type }) => `CAST(NULL AS ${type})`).join(', ');
    let failed = 0;
    const statement = this.#native.out((cell) => {
      failed = api.prepare(this.handle, `SELECT ${casts === '' ? '1' : casts}`, cell);
    });
    try {
      const what = `the column types ${columns.map(({ type }) => type).join(', ')}`;
      if (failed !== 0) throw new AppError('invalid-argument', `${what}: ${api.prepareError(statement) ?? 'they cannot be prepared'}`);
      return new LogicalTypes(this.#native, columns, (column) => api.preparedColumnType(statement, column));
    } finally {
      this.#native.destroy(api.destroyPrepare, statement);
    }
  }

  /** Lets `peakMemoryBytes` know. Operators are not timed, so it costs nothing to speak of. */
  watchMemory(): void {
    this.execute("SET enable_profiling = 'no_output'", 'a setting');
    this.execute(`SET custom_profiling_settings = '{"${peakMetric}": "true"}'`, 'a setting');
  }

  /** DuckDB's peak of buffer memory in the last statement; null when it was not watched. */
  peakMemoryBytes(): number | null {
    const { api } = this.#native;
    const info = api.getProfilingInfo(this.handle);
    if (info === 0) return null;
    const value = api.profilingInfoGetValue(info, peakMetric);
    if (value === 0) return null;
    const text = this.#native.takeString(api.getVarchar(value));
    this.#native.destroy(api.destroyValue, value);
    return text === null ? null : Number(text);
  }

  close(): void {
    for (const types of this.#types.values()) types.close();
    this.#types.clear();
    this.#native.destroy(this.#native.api.disconnect, this.#handle);
    this.#handle = 0;
  }

  #run<T>(sql: string, what: string, use: (result: Pointer) => T): T {
    const { api } = this.#native;
    const result = this.#result.address;
    try {
      const failed = api.query(this.handle, sql, result);
      if (failed !== 0) throw duckDbError(api.resultErrorType(result), api.resultError(result) ?? 'unknown error', what);
      return use(result);
    } finally {
      api.destroyResult(result);
    }
  }
}

function open(native: Native, options: Readonly<Record<string, string>>): Pointer {
  const { api } = native;
  const config = native.out(api.createConfig);
  const failure = new NativeBuffer(8);
  try {
    for (const [name, value] of Object.entries(options)) {
      if (api.setConfig(config, name, value) !== 0) throw new AppError('invalid-argument', `DuckDB refuses ${name} = ${value}`);
    }
    const handle = native.out((cell) => api.openExt(null, cell, config, failure.address));
    if (handle !== 0) return handle;
    const message = native.takeString(failure.pointerAt(0)) ?? 'no reason given';
    throw new AppError('internal', `DuckDB does not open a database in memory: ${message}`);
  } finally {
    native.destroy(api.destroyConfig, config);
  }
}
