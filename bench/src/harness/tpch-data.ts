/** TPC-H data, made once and kept between runs; a run that was ended goes on where it stopped. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@pappus/core';
import { generateTpch } from '@pappus/tpch';
import type { BenchContext } from './bench.ts';
import { dataFolder } from './folders.ts';

const PROGRESS_EVERY_MS = 5_000;

/** The folder of the eight tables. */
export async function tpchData({ flags, signal }: Pick<BenchContext, 'flags' | 'signal'>, scaleFactor: number): Promise<string> {
  const folder = join(flags.data ?? dataFolder, `sf${scaleFactor}`);
  // Tables that another generator wrote are taken as they are.
  if (existsSync(join(folder, 'lineitem.parquet'))) return folder;
  const rows = new Map<string, number>();
  let saidAt = performance.now();
  const said = (): boolean => performance.now() - saidAt < PROGRESS_EVERY_MS;
  await generateTpch({
    scaleFactor,
    outDir: folder,
    threads: availableParallelism(),
    clock: systemClock,
    signal,
    onProgress: (event) => {
      if (event.kind === 'table') rows.set(event.table, event.rows);
      if (said()) return;
      saidAt = performance.now();
      process.stderr.write(`making TPC-H data, scale factor ${scaleFactor}: ${[...rows.values()].reduce((sum, count) => sum + count, 0).toLocaleString('en-US')} rows …\n`);
    },
  });
  return folder;
}
