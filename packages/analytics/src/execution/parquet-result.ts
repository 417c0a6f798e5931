/** A result as a Parquet file: DuckDB writes it into the worker's folder, and its bytes go to the driver. */
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FragmentSpec } from '../engine/fragment.ts';
import type { ExchangeWriter } from '../exchange/transport.ts';
import { quoteIdentifier, quoteText } from '../duckdb/quoting.ts';
import { RESULT_PIECE_BYTES } from './limits.ts';

/** The fragment that writes the file instead of sending its rows. */
export function parquetFragment(fragment: FragmentSpec, names: readonly string[], path: string): FragmentSpec {
  const columns = names.map((name, index) => `c${index} AS ${quoteIdentifier(name)}`).join(', ');
  const inner = names.map((_, index) => `c${index}`).join(', ');
  const copy = `COPY (SELECT ${columns} FROM (${fragment.sql}) AS result(${inner})) TO ${quoteText(path)} (FORMAT parquet)`;
  return { ...fragment, setup: [...fragment.setup, copy], sql: 'SELECT 1 AS nothing WHERE false', columns: [{ name: 'nothing', type: 'INTEGER' }], outputs: [] };
}

export const resultPath = (query: string): string => join(process.cwd(), `result-${query}.parquet`);

/** Sends the file and removes it. */
export async function sendFile(path: string, writer: ExchangeWriter): Promise<void> {
  const file = await open(path, 'r');
  try {
    for (;;) {
      const piece = new Uint8Array(RESULT_PIECE_BYTES);
      const { bytesRead } = await file.read(piece, 0, piece.length);
      if (bytesRead === 0) return;
      await writer.write(0, bytesRead === piece.length ? piece : piece.slice(0, bytesRead));
    }
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}
