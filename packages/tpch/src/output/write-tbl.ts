/** A table, or a part of it, as dbgen's `.tbl` text: to compare with other generators, or to load elsewhere. */
import { open, rename, rm } from 'node:fs/promises';
import { checkScaleFactor, partRange, unitCount } from '../generator/scale.ts';
import type { TableName } from '../generator/schema.ts';
import { batches } from '../generator/sources.ts';
import { tblEncoder } from '../generator/tbl.ts';
import { outputError } from './output-error.ts';

export interface TblOptions {
  readonly table: TableName;
  readonly scaleFactor: number;
  /** A filled pool (`createTextPool`). */
  readonly textPool: Uint8Array;
  /** Part `part` of `parts`, from 0; the whole table by default. */
  readonly part?: number;
  readonly parts?: number;
}

/** The text in pieces; each is valid until the next is asked for. */
export function* tblText(options: TblOptions): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { table, scaleFactor, textPool, part = 0, parts = 1 } = options;
  checkScaleFactor(scaleFactor);
  const range = partRange(unitCount(table, scaleFactor), part, parts);
  const encode = tblEncoder();
  for (const batch of batches(table, { scaleFactor, range, pool: textPool })) yield encode(batch);
}

/** Writes the text into a file, which appears under its name only when it is whole. */
export async function writeTbl(options: TblOptions, path: string, signal?: AbortSignal): Promise<void> {
  const partial = `${path}.partial`;
  try {
    const file = await open(partial, 'w');
    try {
      for (const text of tblText(options)) {
        signal?.throwIfAborted();
        await file.write(text);
      }
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    signal?.throwIfAborted();
    throw outputError(error, path);
  }
}
