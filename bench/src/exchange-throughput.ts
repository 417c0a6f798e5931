/**
 * How fast rows get from one worker's DuckDB into another's, one core each: hash-partitioned frames over TCP on
 * loopback, beside Parquet over tmpfs and the bindings' own rows as JavaScript values. Interleaved rounds in one
 * run, medians.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import type { ColumnType } from '../../packages/analytics/src/engine/fragment.ts';
import type { FragmentStats } from '../../packages/analytics/src/engine/stats.ts';
import type { Order, Performed } from './exchange-throughput-worker.ts';
import { runBench, type BenchContext } from './harness/bench.ts';
import type { Report } from './harness/report.ts';
import { inRounds, median } from './harness/rounds.ts';

interface Dataset {
  readonly name: string;
  readonly columns: readonly ColumnType[];
  readonly source: string;
  readonly aggregate: string;
  /** Bytes of row data, as SQL over the table `source`: widths, and lengths of strings. */
  readonly bytes: string;
  /** MB/s of row data that SPECIFICATION.md promises. */
  readonly promise: number;
}

const FULL_ROWS = 3_000_000;
const SMOKE_ROWS = 100_000;
let rowCount = FULL_ROWS;

const fixed: Dataset = {
  name: 'fixed',
  columns: Object.entries({ orderkey: 'BIGINT', partkey: 'INTEGER', suppkey: 'INTEGER', quantity: 'DECIMAL(15,2)', price: 'DECIMAL(15,2)', discount: 'DOUBLE', shipdate: 'DATE' }).map(([name, type]) => ({ name, type })),
  source: 'SELECT i orderkey, (i * 7 % 200000)::INTEGER partkey, (i * 13 % 10000)::INTEGER suppkey, (i % 50)::DECIMAL(15,2) quantity, (i % 100000)::DECIMAL(15,2) price, i / 100.0::DOUBLE discount, DATE \'1992-01-01\' + (i % 2500)::INTEGER shipdate FROM range(ROWS) r(i)',
  aggregate: 'SELECT count(*), sum(orderkey), sum(partkey), sum(suppkey), sum(quantity), sum(price), sum(discount), max(shipdate) FROM arrived',
  bytes: 'count(*) * 44',
  promise: 250,
};

const strings: Dataset = {
  name: 'strings',
  columns: Object.entries({ orderkey: 'BIGINT', price: 'DECIMAL(15,2)', shipmode: 'VARCHAR', comment: 'VARCHAR' }).map(([name, type]) => ({ name, type })),
  source: "SELECT i orderkey, (i % 100000)::DECIMAL(15,2) price, ['AIR', 'TRUCK', 'REG AIR', 'MAIL'][1 + i % 4] shipmode, substr('ly final dependencies: slyly bold packages sleep furiously against the', 1 + (i % 30)::INT, 10 + (hash(i) % 34)::INT) || (i % 1000) \"comment\" FROM range(ROWS) r(i)",
  aggregate: 'SELECT count(*), sum(orderkey), sum(price), max(shipmode), max("comment") FROM arrived',
  bytes: 'sum(16 + strlen(shipmode) + strlen("comment"))',
  promise: 120,
};

class Child {
  readonly #process: ChildProcess;
  readonly #messages: unknown[] = [];
  #wake: (() => void) | null = null;

  constructor(core: number) {
    const worker = new URL('./exchange-throughput-worker.ts', import.meta.url).pathname;
    const pinned = existsSync('/usr/bin/taskset') && availableParallelism() > 1;
    const options = { execArgv: ['--conditions=source'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] as ['ignore', 'inherit', 'inherit', 'ipc'] };
    this.#process = pinned ? fork(worker, { ...options, execPath: '/usr/bin/taskset', execArgv: ['-c', String(core), process.execPath, '--conditions=source'] }) : fork(worker, options);
    const take = (message: unknown): void => {
      this.#messages.push(message);
      this.#wake?.();
    };
    this.#process.on('message', take);
    this.#process.on('exit', (code, signal) => take({ kind: 'exit', code, signal }));
  }

  async next<T>(kind: string): Promise<T> {
    while (this.#messages.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    const message = this.#messages.shift() as { kind: string; error?: string };
    if (message.kind !== kind) throw new Error(`expected ${kind}, got ${JSON.stringify(message)}`);
    return message as T;
  }

  tell(order: Order): void {
    this.#process.send(order);
  }

  async ask<T>(order: Order): Promise<Performed<T>> {
    this.tell(order);
    return this.result();
  }

  async result<T>(): Promise<Performed<T>> {
    return (await this.next<{ result: Performed<T> }>('result')).result;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, 'exit');
    if (this.#process.connected) this.#process.disconnect();
    await exited;
  }
}

interface Pair {
  readonly producer: Child;
  readonly consumer: Child;
}

interface Timing {
  readonly ms: number;
  readonly sent: Performed<FragmentStats | null>;
  readonly got: Performed<FragmentStats | null>;
}

const sources = (dataset: Dataset): string => dataset.columns.map(({ name }) => name).join(', ');

async function direct({ producer, consumer }: Pair, dataset: Dataset, partitions: number, materialise: boolean): Promise<Timing> {
  const { columns } = dataset;
  const began = performance.now();
  const [setup, sql] = materialise ? [['CREATE TABLE kept AS FROM arrived'], 'SELECT 1'] : [[], dataset.aggregate];
  consumer.tell({ kind: 'listen', connections: partitions, setup, sql, columns });
  const { port } = await consumer.next<{ port: number }>('port');
  producer.tell({ kind: 'send', port, partitions, columns, sql: `SELECT ${sources(dataset)}, (hash(orderkey) % ${partitions})::USMALLINT FROM memory.main.${dataset.name}` });
  const [sent, got] = await Promise.all([producer.result<FragmentStats>(), consumer.result<FragmentStats>()]);
  return { ms: performance.now() - began, sent, got };
}

async function parquet({ producer, consumer }: Pair, dataset: Dataset, materialise: boolean): Promise<Timing> {
  const file = `${existsSync('/dev/shm') ? '/dev/shm' : tmpdir()}/pappus-bench-${process.pid}.parquet`;
  const began = performance.now();
  const sent = await producer.ask({ kind: 'query', sql: `COPY (SELECT ${sources(dataset)} FROM memory.main.${dataset.name}) TO '${file}' (FORMAT parquet, COMPRESSION lz4_raw)` });
  const read = `FROM read_parquet('${file}')`;
  const sql = materialise ? `CREATE OR REPLACE TABLE memory.main.kept AS ${read}` : dataset.aggregate.replace('FROM arrived', read).replace(/(sum|max|count)\(([^)]*)\)/g, '$1($2)::VARCHAR');
  const got = await consumer.ask({ kind: 'query', sql });
  const ms = performance.now() - began;
  rmSync(file);
  return { ms, sent: { value: null, cpuMs: sent.cpuMs }, got: { value: null, cpuMs: got.cpuMs } };
}

const naiveRows = 30_000;

async function naive({ producer, consumer }: Pair, dataset: Dataset): Promise<Timing> {
  const source = dataset.source.replace('ROWS', String(naiveRows));
  consumer.tell({ kind: 'naive-listen', table: `CREATE TABLE target (${dataset.columns.map(({ name }) => `${name} VARCHAR`).join(', ')})` });
  const { port } = await consumer.next<{ port: number }>('port');
  producer.tell({ kind: 'naive-send', port, rows: naiveRows, table: dataset.name, source });
  const sent = await producer.result<number>();
  const sentAt = performance.now();
  const got = await consumer.result<number>();
  const scale = rowCount / naiveRows;
  const ms = (sent.value + performance.now() - sentAt) * scale;
  return { ms, sent: { value: null, cpuMs: sent.cpuMs * scale }, got: { value: null, cpuMs: got.cpuMs * scale } };
}

/** MB/s by the clock, and by the processor time of the busier side: what a core of its own gives. */
function describe(report: Report, name: string, timings: readonly Timing[], megabytes: number, parquetMs: number): number {
  const ms = median(timings.map((timing) => timing.ms));
  const [sendMs, takeMs] = [median(timings.map(({ sent }) => sent.cpuMs)), median(timings.map(({ got }) => got.cpuMs))];
  const rate = (spent: number): string => (megabytes / (spent / 1000)).toFixed(0).padStart(5);
  report.text(`${name.padEnd(36)}${ms.toFixed(0).padStart(7)} ms ${rate(ms)} MB/s  ${(parquetMs / ms).toFixed(2)} × Parquet   cpu: sends ${rate(sendMs)} MB/s, takes ${rate(takeMs)} MB/s`);
  const [typical] = timings.toSorted((a, b) => Math.abs(a.ms - ms) - Math.abs(b.ms - ms));
  for (const [side, stats] of [['sends', typical?.sent.value], ['takes', typical?.got.value]] as const) {
    if (stats === undefined || stats === null) continue;
    const parts = Object.entries(stats.profile).map(([part, spent]) => `${part} ${spent.toFixed(0)}`);
    report.text(`    ${side}: ${parts.join(', ')}`);
  }
  return megabytes / (ms / 1000);
}

async function measure(context: BenchContext, pair: Pair, dataset: Dataset): Promise<void> {
  const { report } = context;
  await pair.producer.ask({ kind: 'query', sql: `CREATE OR REPLACE TABLE memory.main.${dataset.name} AS ${dataset.source.replace('ROWS', String(rowCount))}` });
  const { value: sizes } = await pair.producer.ask<string[][]>({ kind: 'query', sql: `SELECT (${dataset.bytes})::BIGINT FROM memory.main.${dataset.name}` });
  const megabytes = Number(sizes[0]?.[0]) / 1e6;
  const roads: readonly (readonly [string, () => Promise<Timing>])[] = [
    ...[false, true].flatMap((materialise) => [
      ...[1, 4].map((partitions) => [`${dataset.name}: ${partitions} partition(s), ${materialise ? 'stored' : 'aggregated'}`, () => direct(pair, dataset, partitions, materialise)] as const),
      [`${dataset.name}: Parquet lz4 on tmpfs, ${materialise ? 'stored' : 'aggregated'}`, () => parquet(pair, dataset, materialise)] as const,
    ]),
    [`${dataset.name}: rows as JavaScript values`, () => naive(pair, dataset)],
  ];
  const timings = roads.map((): Timing[] => []);
  const rounds = await inRounds(context, async (round) => {
    for (const [index, [, road]] of roads.entries()) {
      const timing = await road();
      if (round.measured) timings[index]?.push(timing);
    }
  });
  report.text(`\n${dataset.name}: ${rowCount} rows, ${megabytes.toFixed(0)} MB of row data, medians of ${rounds} rounds`);
  const rates = new Map(roads.map(([name], index) => {
    const peer = roads.findIndex(([other]) => other.includes('Parquet') && (other.endsWith('stored') === name.endsWith('stored')));
    return [name, describe(report, name, timings[index] ?? [], megabytes, median((timings[peer] ?? []).map(({ ms }) => ms)))];
  }));
  report.data(dataset.name, Object.fromEntries(rates));
  const road = `${dataset.name}: 4 partition(s), aggregated`;
  const rate = rates.get(road) ?? 0;
  report.promise({ what: road, promise: `≥ ${dataset.promise} MB/s`, measured: `${rate.toFixed(0)} MB/s`, kept: rate >= dataset.promise });
}

async function throughput(context: BenchContext): Promise<void> {
  if (context.flags.smoke) rowCount = SMOKE_ROWS;
  const pair: Pair = { producer: new Child(0), consumer: new Child(1) };
  try {
    for (const child of [pair.producer, pair.consumer]) await child.next('ready');
    for (const dataset of [fixed, strings]) await measure(context, pair, dataset);
  } finally {
    await Promise.all([pair.producer.stop(), pair.consumer.stop()]);
  }
}

await runBench({ name: 'exchange', defaults: { minutes: 5 }, smoke: {}, run: throughput });
