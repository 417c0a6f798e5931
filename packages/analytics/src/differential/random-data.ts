/** Writes the tables of differential tests as Parquet, the same bytes of content for the same seed. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { DATA_TABLES, type DataTable } from './data-tables.ts';
import { seededDice, type Dice } from './dice.ts';
import { quoteName, quoteText } from './sql-printer.ts';

/** The smallest that DuckDB honours: one vector. */
const ROW_GROUP_ROWS = 2048;
const INSERT_ROWS = 500;

export interface RandomDataOptions {
  readonly seed: number;
  /** An existing folder; `T.parquet` or the folder `T` is written there for each table. */
  readonly folder: string;
}

export interface WrittenTable {
  readonly name: string;
  /** What read_parquet takes: a file or a glob. */
  readonly path: string;
}

export async function writeRandomData(options: RandomDataOptions): Promise<readonly WrittenTable[]> {
  const dice = seededDice(options.seed);
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const written: WrittenTable[] = [];
    for (const table of DATA_TABLES) written.push(await writeTable(connection, table, dice, options.folder));
    return written;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

async function writeTable(connection: DuckDBConnection, table: DataTable, dice: Dice, folder: string): Promise<WrittenTable> {
  const target = quoteName(table.name);
  const columns = table.columns.map((column) => `${quoteName(column.name)} ${column.type}`);
  const oneFile = table.fileRows.length === 1;
  const path = join(folder, oneFile ? `${table.name}.parquet` : table.name);
  if (!oneFile) await mkdir(path, { recursive: true });
  let nextRow = 0;
  for (const [index, rows] of table.fileRows.entries()) {
    await connection.run(`CREATE OR REPLACE TABLE ${target} (${columns.join(', ')})`);
    for (const chunk of chunks(drawRows(table, dice, nextRow, rows), INSERT_ROWS)) {
      await connection.run(`INSERT INTO ${target} VALUES ${chunk.join(', ')}`);
    }
    nextRow += rows;
    const file = oneFile ? path : join(path, `part-${index}.parquet`);
    await connection.run(`COPY ${target} TO ${quoteText(file)} (FORMAT parquet, ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`);
  }
  await connection.run(`DROP TABLE ${target}`);
  return { name: table.name, path: oneFile ? path : join(path, '*.parquet') };
}

function drawRows(table: DataTable, dice: Dice, firstRow: number, count: number): readonly string[] {
  const distinct = Math.ceil(count / table.copies);
  const drawn = Array.from(
    { length: distinct },
    (_, row) => `(${table.columns.map((column) => column.draw(dice, firstRow + row)).join(', ')})`,
  );
  return Array.from({ length: count }, (_, row) => (row < distinct ? drawn[row] : dice.pick(drawn)) as string);
}

function chunks<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));
}
