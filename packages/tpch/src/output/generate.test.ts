import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { systemClock } from '@pappus/core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { batches } from '../generator/sources.ts';
import { TABLE_NAMES, TABLES, type TableName } from '../generator/schema.ts';
import { emptyPool } from '../generator/text-pool.ts';
import { createTextPool } from './crew.ts';
import { generateTpch, type GenerateOptions, type GenerateResult } from './generate.ts';
import { outputError } from './output-error.ts';
import { createParquetWriter } from './parquet-writer.ts';
import type { GenerateProgress } from './progress.ts';
import { tblText, writeTbl } from './write-tbl.ts';

let textPool: Uint8Array<SharedArrayBuffer>;
let instance: DuckDBInstance;
let duckdb: DuckDBConnection;
let outDir: string;

beforeAll(async () => {
  textPool = await createTextPool({ threads: 2, clock: systemClock });
  instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  duckdb = await instance.connect();
});
afterAll(() => {
  duckdb.closeSync();
  instance.closeSync();
});
beforeEach(async () => {
  outDir = await mkdtemp(join(tmpdir(), 'pappus-tpch-'));
});
afterEach(() => rm(outDir, { recursive: true, force: true }));

const generate = (options: Partial<GenerateOptions> = {}): Promise<GenerateResult> =>
  generateTpch({ scaleFactor: 0.001, outDir, threads: 2, clock: systemClock, textPool, ...options });

const everyFile = async (): Promise<readonly string[]> => (await readdir(outDir, { recursive: true })).filter((name) => name.includes('.')).sort();

/** A Parquet table's rows as `.tbl` text, in the files' order. */
async function parquetText(table: TableName): Promise<string> {
  const columns = TABLES[table].map(({ name }) => (name === 'l_quantity' ? 'l_quantity::BIGINT' : name));
  const row = columns.map((column) => `${column}::VARCHAR || '|'`).join(' || ');
  const result = await duckdb.runAndReadAll(`SELECT ${row} FROM read_parquet('${outDir}/${table}/*.parquet')`);
  return result.getRows().map(([line]) => `${String(line)}\n`).join('');
}

function expectedText(table: TableName, scaleFactor: number): string {
  return Array.from(tblText({ table, scaleFactor, textPool }), (piece) => Buffer.from(piece).toString('latin1')).join('');
}

describe('generating a data set', () => {
  it('writes the rows of the generator, with the usual column names and types', async () => {
    const { tables } = await generate();
    expect(tables.map(({ name }) => name)).toEqual(TABLE_NAMES);
    for (const { name, rows, bytes, files } of tables) {
      const text = await parquetText(name);
      expect(createHash('sha256').update(text).digest('hex')).toBe(createHash('sha256').update(expectedText(name, 0.001)).digest('hex'));
      expect(rows).toBe(text.split('\n').length - 1);
      expect(bytes).toBe((await Promise.all(files.map((file) => stat(file)))).reduce((sum, { size }) => sum + size, 0));
      const described = await duckdb.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet('${outDir}/${name}/*.parquet')`);
      expect(described.getRows().map(([column, type]) => ({ name: column, type }))).toEqual(TABLES[name]);
    }
  });

  it('keeps the files that are whole and writes the others again', async () => {
    const first = await generate({ tables: ['orders', 'part'] });
    const [orders = '', part = ''] = [first.tables[1]?.files[0], first.tables[0]?.files[0]];
    const kept = await readFile(part);
    await truncate(orders, 1000);
    await writeFile(`${orders}.partial`, 'left by a killed run');
    const second = await generate({ tables: ['orders', 'part'] });
    expect(second.keptFiles).toBe(1);
    expect(await readFile(part)).toEqual(kept);
    expect(await parquetText('orders')).toBe(expectedText('orders', 0.001));
    expect(second.tables).toEqual(first.tables);
    expect(existsSync(`${orders}.partial`)).toBe(false);
  });

  it('writes a file again that has its size but no end', async () => {
    const first = await generate({ tables: ['region'] });
    const [region = ''] = first.tables[0]?.files ?? [];
    await writeFile(region, Buffer.alloc(first.tables[0]?.bytes ?? 0));
    expect((await generate({ tables: ['region'] })).keptFiles).toBe(0);
    expect(await parquetText('region')).toBe(expectedText('region', 0.001));
  });

  it('remembers the tables of earlier runs', async () => {
    await generate({ tables: ['region'] });
    await generate({ tables: ['nation'] });
    expect((await generate({ tables: ['region', 'nation'] })).keptFiles).toBe(2);
  });

  it('tells how far it is', async () => {
    const last = new Map<string, GenerateProgress>();
    const onProgress = (progress: GenerateProgress): void => {
      if (progress.kind === 'table') last.set(progress.table, progress);
    };
    await generate({ scaleFactor: 0.01, tables: ['lineitem', 'nation'], onProgress });
    expect(last.get('lineitem')).toEqual({ kind: 'table', table: 'lineitem', rows: 60_175, totalRows: 60_175, files: 1, totalFiles: 1 });
    expect(last.get('nation')).toMatchObject({ rows: 25, totalRows: 25 });
  });
});

describe('a run that cannot go on', () => {
  it('refuses a folder of another scale factor', async () => {
    await generate({ tables: ['region'] });
    await expect(generate({ tables: ['region'], scaleFactor: 0.02 })).rejects.toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('0.001') });
  });

  it('refuses a table folder with files of somebody else', async () => {
    await generate({ tables: ['region'] });
    await writeFile(join(outDir, 'region', 'mine.parquet'), '');
    await expect(generate({ tables: ['region'] })).rejects.toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('mine.parquet') });
  });

  it('refuses a manifest that it did not write', async () => {
    await writeFile(join(outDir, 'tpch-manifest.json'), '{"version": 99}');
    await expect(generate()).rejects.toMatchObject({ code: 'corrupt-data' });
  });

  it.each([0, 1.5, 257])('refuses %d threads', async (threads) => {
    await expect(generate({ threads })).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  it('stops when it is cancelled while rows are written, leaves no partial file and can be continued', async () => {
    const controller = new AbortController();
    const onProgress = (progress: GenerateProgress): void => {
      if (progress.kind === 'table' && progress.table === 'lineitem' && progress.rows > 0) controller.abort();
    };
    await expect(generate({ scaleFactor: 0.03, tables: ['lineitem'], signal: controller.signal, onProgress })).rejects.toMatchObject({ code: 'cancelled' });
    const left = await everyFile();
    expect(left.filter((name) => name.endsWith('.partial'))).toEqual([]);
    expect(left.filter((name) => name.endsWith('.parquet')).length).toBeLessThan(4);
    const { tables } = await generate({ scaleFactor: 0.03, tables: ['lineitem'] });
    expect(tables[0]?.rows).toBe(180_566);
  });

  it('stops when it is cancelled while the text pool is made', async () => {
    const controller = new AbortController();
    const onProgress = (progress: GenerateProgress): void => {
      if (progress.kind === 'text') controller.abort();
    };
    await expect(generate({ tables: ['region'], textPool: undefined, signal: controller.signal, onProgress })).rejects.toMatchObject({ code: 'cancelled' });
    expect(await everyFile()).toEqual([]);
  });

  it('does nothing when it is cancelled before', async () => {
    await expect(generate({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
    expect(await everyFile()).toEqual([]);
  });

  it('says that the disk is full', async () => {
    if (!existsSync('/dev/full')) return;
    const writer = await createParquetWriter();
    const range = { first: 0, count: 20_000 };
    const rows = batches('orders', { scaleFactor: 0.1, range, pool: emptyPool() });
    const failure = await writer.write({ table: 'orders', path: '/dev/full', rowGroupRows: 2048, batches: rows, onBatch: () => {} }).catch((error: unknown) => error);
    writer.close();
    expect(outputError(failure, '/dev/full')).toMatchObject({ code: 'resource-exhausted', retryable: true, message: expect.stringContaining('/dev/full') });
  });
});

describe('writing .tbl text', () => {
  it('writes a part of a table', async () => {
    const path = join(outDir, 'orders.tbl.3');
    await writeTbl({ table: 'orders', scaleFactor: 0.001, textPool, part: 2, parts: 5 }, path);
    const lines = expectedText('orders', 0.001).split('\n');
    expect(await readFile(path, 'latin1')).toBe(`${lines.slice(600, 900).join('\n')}\n`);
  });

  it('leaves nothing when it is cancelled', async () => {
    await expect(writeTbl({ table: 'orders', scaleFactor: 0.001, textPool }, join(outDir, 'orders.tbl'), AbortSignal.abort())).rejects.toThrow();
    expect(await everyFile()).toEqual([]);
  });
});
