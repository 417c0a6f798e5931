import { BIGINT, DuckDBDataChunk, VARCHAR } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batch, textView } from '../generator/columns.ts';
import { BATCH_ROWS } from '../limits.ts';
import { fillChunk } from './duckdb-chunk.ts';

interface Row {
  readonly key: number;
  readonly name: string;
  readonly comment: string;
}

function roundTrip(rows: readonly Row[]): unknown {
  const batch = new Batch('region');
  for (const { key, name, comment } of rows) {
    const row = batch.rows++;
    batch.int64(0).set(row, key);
    batch.string(1).put(row, textView(name));
    batch.string(2).put(row, textView(comment));
  }
  const chunk = DuckDBDataChunk.create([BIGINT, VARCHAR, VARCHAR]);
  fillChunk(chunk.chunk, batch);
  return chunk.getRows();
}

const expected = (rows: readonly Row[]): unknown => rows.map(({ key, name, comment }) => [BigInt(key), name, comment]);

const ascii = (maxLength: number): fc.Arbitrary<string> => fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)), maxLength });

describe('a DuckDB chunk', () => {
  it('holds the rows of the batch, strings of every length among them', () => {
    const row = fc.record({ key: fc.maxSafeInteger(), name: ascii(20), comment: ascii(200) });
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        expect(roundTrip(rows)).toEqual(expected(rows));
      }),
    );
  });

  it('holds a full batch', () => {
    const rows = Array.from({ length: BATCH_ROWS }, (_, key) => ({ key, name: 'n'.repeat(key % 30), comment: String(key) }));
    expect(roundTrip(rows)).toEqual(expected(rows));
  });
});
