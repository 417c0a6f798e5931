/** Runs fragments and control queries on the engine thread, one at a time. */
import { AppError, type Clock } from '@pappus/core';
import { Database, type Connection } from '../duckdb/database.ts';
import type { Native } from '../duckdb/memory.ts';
import { StringCodecs } from '../duckdb/strings.ts';
import type { EngineConfig, EngineInbox } from './channel.ts';
import type { FragmentSpec } from './fragment.ts';
import { InputTables } from './input-tables.ts';
import { engineLimits } from './limits.ts';
import { OutputSink } from './output-sink.ts';
import { RunState, type Section } from './run-state.ts';
import { isOrdered } from './statement-order.ts';
import { Stopwatch, type FragmentStats } from './stats.ts';

/** What a fragment makes lives in a database of its own, which ends with it. */
const fragmentDatabase = 'pappus_fragment';

export class FragmentRunner {
  readonly #clock: Clock;
  readonly #inbox: EngineInbox;
  readonly #database: Database;
  readonly #connection: Connection;
  readonly #strings: StringCodecs;
  readonly #inputs: InputTables;
  readonly #sink: OutputSink;
  #attached = false;
  /** What DuckDB was told last; null when that is not known. */
  #ordered: boolean | null = null;

  constructor(native: Native, config: EngineConfig, clock: Clock, inbox: EngineInbox) {
    this.#clock = clock;
    this.#inbox = inbox;
    this.#database = new Database(native, config);
    this.#connection = this.#database.connect();
    // Footers stay parsed between the stages that read the same file; DuckDB checks that the file is the same.
    this.#connection.execute('SET parquet_metadata_cache = true', 'the engine cannot be set up');
    this.#connection.watchMemory();
    this.#strings = new StringCodecs(native, this.#connection.handle);
    this.#inputs = new InputTables(native, this.#connection, this.#strings);
    this.#sink = new OutputSink(native, this.#connection, this.#strings);
  }

  get connectionHandle(): number {
    return this.#connection.handle;
  }

  query(sql: string): readonly (readonly (string | null)[])[] {
    const rows = this.#connection.query(sql);
    if (rows.length > engineLimits.queryRows) throw new AppError('resource-exhausted', `a control query has more than ${engineLimits.queryRows} rows`);
    return rows;
  }

  run(run: number, fragment: FragmentSpec): FragmentStats {
    const stopwatch = new Stopwatch<Section>(() => this.#clock.nowMs(), 'compute');
    const inputs = fragment.inputs.map(({ edge }) => edge);
    const state = new RunState(run, this.#inbox, stopwatch, inputs, fragment.outputs.map(({ edge }) => edge));
    const connection = this.#connection;
    state.checkCancelled();
    try {
      if (makesNames(fragment)) this.#attach();
      this.#inputs.open(connection, fragment.inputs, state);
      let peak = 0;
      const watched = (work: () => void): void => {
        work();
        peak = Math.max(peak, connection.peakMemoryBytes() ?? 0);
      };
      for (const statement of fragment.setup) watched(() => connection.execute(statement, `the setup of the stage failed in "${statement}"`));
      this.#preserveOrder(isOrdered(fragment.sql));
      watched(() => this.#sink.run(connection, fragment, state));
      this.#sink.finish();
      return statsOf(state, peak);
    } catch (error) {
      throw state.failure ?? error;
    } finally {
      this.#sink.close();
      this.#inputs.close();
      if (this.#attached) this.#forget();
    }
  }

  close(): void {
    this.#strings.close();
    this.#connection.close();
    this.#database.close();
  }

  #attach(): void {
    this.#attached = true;
    this.#connection.execute(`ATTACH ':memory:' AS ${fragmentDatabase}`, 'a fragment cannot begin');
    this.#connection.execute(`USE ${fragmentDatabase}`, 'a fragment cannot begin');
  }

  #preserveOrder(ordered: boolean): void {
    if (this.#ordered === ordered) return;
    this.#ordered = null;
    this.#connection.execute(`SET preserve_insertion_order = ${ordered}`, 'a setting');
    this.#ordered = ordered;
  }

  /** Drops what the fragment made. An interrupt that comes late may hit these statements. */
  #forget(attempts = 5): void {
    try {
      this.#connection.execute('USE memory', 'a fragment cannot end');
      this.#connection.execute(`DETACH DATABASE IF EXISTS ${fragmentDatabase}`, 'a fragment cannot end');
      this.#attached = false;
    } catch (error) {
      if (attempts === 0) throw error;
      this.#forget(attempts - 1);
    }
  }
}

/** Whether a fragment makes views or tables, which have to be forgotten after it. Each statement that is not run saves a millisecond. */
const makesNames = (fragment: FragmentSpec): boolean => fragment.setup.length > 0 || fragment.inputs.some(({ table }) => table !== null);

function statsOf(state: RunState, peakMemoryBytes: number): FragmentStats {
  const { stopwatch } = state;
  const [compute, encode, decode] = [stopwatch.spentMs('compute'), stopwatch.spentMs('encode'), stopwatch.spentMs('decode')];
  const [waitInput, waitOutput] = [stopwatch.spentMs('waitInput'), stopwatch.spentMs('waitOutput')];
  const total = compute + encode + decode + waitInput + waitOutput;
  return {
    inputs: state.inputs.counts(),
    outputs: state.outputs.counts(),
    profile: { total, compute, encode, decode, waitInput, waitOutput },
    peakMemoryBytes,
  };
}
