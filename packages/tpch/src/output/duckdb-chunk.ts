/**
 * Copies a batch into a DuckDB data chunk, a column at a time. Numbers already have DuckDB's layout. For strings,
 * one call hands all bytes of the column to DuckDB as one string, and the rows' `duckdb_string_t` then point into it:
 *
 *     up to 12 bytes:  | length u32 | the bytes, zero-padded          |
 *     longer:          | length u32 | first 4 bytes | pointer u64     |
 *
 * (duckdb.h, `duckdb_string_t`). One call per row would cost more than generating it.
 */
import duckdb from '@duckdb/node-bindings';
import { assert } from '@pappus/core';
import type { Batch, StringColumn } from '../generator/columns.ts';
import { BATCH_ROWS } from '../limits.ts';

const STRING_BYTES = 16;
const INLINE_BYTES = 12;

/** The low byte masks of the last, partly filled 32-bit word of an inlined string. */
const TAIL_MASKS: readonly number[] = [-1, 0xff, 0xffff, 0xff_ffff];

/** Reused for every string column of every chunk of this thread. */
const strings = new Int32Array((BATCH_ROWS * STRING_BYTES) / 4);

export function fillChunk(chunk: duckdb.DataChunk, batch: Batch): void {
  assert(duckdb.vector_size() === BATCH_ROWS, 'DuckDB has another vector size than expected');
  duckdb.data_chunk_set_size(chunk, batch.rows);
  batch.columns.forEach((column, index) => {
    const vector = duckdb.data_chunk_get_vector(chunk, index);
    switch (column.kind) {
      case 'int64':
        return duckdb.copy_data_to_vector(vector, 0, column.words.buffer, 0, batch.rows * 8);
      case 'int32':
        return duckdb.copy_data_to_vector(vector, 0, column.values.buffer, 0, batch.rows * 4);
      case 'string':
        return fillStrings(vector, column, batch.rows);
    }
  });
}

function fillStrings(vector: duckdb.Vector, column: StringColumn, rows: number): void {
  if (rows === 0) return;
  const address = storeBytes(vector, column);
  const view = new DataView(column.bytes.buffer, column.bytes.byteOffset);
  let start = 0;
  for (let row = 0, slot = 0; row < rows; row++, slot += 4) {
    const end = column.ends[row] as number;
    const length = end - start;
    strings[slot] = length;
    strings[slot + 1] = word(view, start, length);
    if (length <= INLINE_BYTES) {
      strings[slot + 2] = word(view, start + 4, length - 4);
      strings[slot + 3] = word(view, start + 8, length - 8);
    } else {
      const low = address.low + start;
      strings[slot + 2] = low;
      strings[slot + 3] = address.high + (low >= 0x1_0000_0000 ? 1 : 0);
    }
    start = end;
  }
  duckdb.copy_data_to_vector(vector, 0, strings.buffer, 0, rows * STRING_BYTES);
}

/** Up to four bytes as a little-endian word, zero-padded. */
function word(view: DataView, at: number, length: number): number {
  if (length >= 4) return view.getInt32(at, true);
  return length <= 0 ? 0 : view.getInt32(at, true) & (TAIL_MASKS[length] as number);
}

/** Gives the column's bytes to the vector, which keeps them as long as it lives, and returns where they are. */
function storeBytes(vector: duckdb.Vector, column: StringColumn): { readonly low: number; readonly high: number } {
  // A string of up to 12 bytes would be inlined and have no address, so it is stored longer than it is.
  const length = Math.max(column.length, INLINE_BYTES + 1);
  duckdb.vector_assign_string_element_len(vector, 0, column.bytes.subarray(0, length));
  const element = duckdb.vector_get_data(vector, STRING_BYTES);
  const view = new DataView(element.buffer, element.byteOffset, STRING_BYTES);
  return { low: view.getUint32(8, true), high: view.getUint32(12, true) };
}
