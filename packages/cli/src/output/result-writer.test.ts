import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import { resultWriter } from './result-writer.ts';

const CELLS = ['plain', '', null, 'a,b', 'say "x"', 'line\nbreak', 'NULL', ' padded ', '日本 🌱', 'back\\slash', "it's", '\r\n', '0012', '"'];

it('a CSV file is read back by DuckDB as it was, NULLs and empty texts apart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pappus-csv-'));
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  try {
    const path = join(folder, 'result.csv');
    const writer = resultWriter('csv', process.stdout, path);
    writer.begin([{ name: 'a,"b"', type: 'VARCHAR' }, { name: 'größe', type: 'VARCHAR' }]);
    for (const cell of CELLS) await writer.rows([[cell, 'x'], ['y', cell]]);
    await writer.end();
    const reader = await connection.runAndReadAll(`FROM read_csv('${path}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"', allow_quoted_nulls = false, new_line = '\\n')`);
    expect(reader.columnNames()).toEqual(['a,"b"', 'größe']);
    expect(reader.getRows()).toEqual(CELLS.flatMap((cell) => [[cell, 'x'], ['y', cell]]));
  } finally {
    connection.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
});
