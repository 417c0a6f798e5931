/** A generating thread: its share of the text pool first, then one file after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { assert, cancelled } from '@pappus/core';
import { rowCount } from '../generator/scale.ts';
import { batches } from '../generator/sources.ts';
import { fillSegment, SEGMENT_COUNT } from '../generator/text-pool.ts';
import { rowGroupRows } from './layout.ts';
import { outputError } from './output-error.ts';
import { createParquetWriter, type ParquetWriter } from './parquet-writer.ts';
import { CANCELLED, FILLED_SEGMENTS, NEXT_SEGMENT, type FileTask, type ThreadData, type ThreadMessage } from './thread-protocol.ts';

/** Rows between two reports of progress. */
const REPORT_ROWS = 32_768;

const port = parentPort;
assert(port !== null, 'this module runs as a worker thread');
const { pool, control } = workerData as ThreadData;

const send = (message: ThreadMessage): void => port.postMessage(message);
const throwIfCancelled = (): void => {
  if (Atomics.load(control, CANCELLED) !== 0) throw cancelled('generating TPC-H data');
};

function fillPool(): void {
  for (let index = Atomics.add(control, NEXT_SEGMENT, 1); index < SEGMENT_COUNT; index = Atomics.add(control, NEXT_SEGMENT, 1)) {
    throwIfCancelled();
    fillSegment(pool, index);
    Atomics.add(control, FILLED_SEGMENTS, 1);
    Atomics.notify(control, FILLED_SEGMENTS);
    send({ kind: 'segment' });
  }
  for (;;) {
    throwIfCancelled();
    const filled = Atomics.load(control, FILLED_SEGMENTS);
    if (filled === SEGMENT_COUNT) return;
    Atomics.wait(control, FILLED_SEGMENTS, filled); // the owner wakes us when another thread is lost
  }
}

/** Made for the first file, since a thread may have to fill the pool only. */
let writer: Promise<ParquetWriter> | null = null;

async function writeFile(task: FileTask): Promise<ThreadMessage> {
  const { table, scaleFactor, range, path, maxRowGroupRows } = task;
  let unreported = 0;
  const onBatch = (rows: number): void => {
    throwIfCancelled();
    unreported += rows;
    if (unreported < REPORT_ROWS) return;
    send({ kind: 'progress', rows: unreported });
    unreported = 0;
  };
  try {
    writer ??= createParquetWriter();
    const rowGroups = rowGroupRows(rowCount(table, range), maxRowGroupRows);
    const job = { table, path, rowGroupRows: rowGroups, batches: batches(table, { scaleFactor, range, pool }), onBatch };
    return { kind: 'done', ...(await (await writer).write(job)) };
  } catch (error) {
    return { kind: 'failed', error: outputError(error, path).toRecord() };
  }
}

async function end(): Promise<void> {
  const open = await writer;
  open?.close();
  port?.close();
}

function run(): void {
  fillPool();
  port?.on('message', (task: FileTask | null) => void (task === null ? end() : writeFile(task).then(send)));
  send({ kind: 'ready' });
}

try {
  run();
} catch (error) {
  send({ kind: 'failed', error: outputError(error, 'TPC-H data').toRecord() });
  port.close();
}
