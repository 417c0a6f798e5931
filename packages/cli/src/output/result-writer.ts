/** Writes a query's result in one of its formats, piece by piece, to standard output or a file. */
import { once } from 'node:events';
import { accessSync, constants, createWriteStream, statSync, type WriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import type { ColumnType, ResultForm, TextRow } from '@pappus/analytics';
import { AppError, errorMessage, systemCode } from '@pappus/core';
import { printable } from './printable.ts';
import { alignmentOf, textTable } from './text-table.ts';

export type ResultFormat = 'table' | 'json' | 'csv' | 'parquet';

export interface ResultWriter {
  readonly form: ResultForm;
  /** The file that holds what is not complete yet; null for standard output. */
  readonly unfinished: string | null;
  begin(columns: readonly ColumnType[]): void;
  rows(rows: readonly TextRow[]): Promise<void>;
  bytes(bytes: Uint8Array): Promise<void>;
  end(): Promise<void>;
  /** Removes what was written of a file. */
  discard(): Promise<void>;
}

/** More rows than anyone reads on a terminal; they would all have to be kept to align the columns. */
export const MAX_TABLE_ROWS = 10_000;

export function resultWriter(format: ResultFormat, out: Writable, file: string | undefined): ResultWriter {
  const target = file === undefined ? standardTarget(out) : fileTarget(file);
  switch (format) {
    case 'table':
      return tableWriter(target);
    case 'csv':
      return csvWriter(target);
    case 'json':
      return jsonWriter(target);
    case 'parquet':
      if (file === undefined) throw new AppError('invalid-argument', 'a Parquet result goes to a file', { hint: 'Add --out FILE.' });
      return { ...passive(target), form: 'parquet', bytes: (bytes) => target.write(bytes), end: () => target.close() };
    default:
      return format satisfies never;
  }
}

interface Target {
  readonly unfinished: string | null;
  write(chunk: string | Uint8Array): Promise<void>;
  close(): Promise<void>;
  discard(): Promise<void>;
}

function standardTarget(out: Writable): Target {
  return {
    unfinished: null,
    async write(chunk) {
      if (!out.write(chunk)) await once(out, 'drain');
    },
    close: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
}

interface PartialFile {
  readonly stream: WriteStream;
  /** Rejects when writing fails. */
  readonly failed: Promise<never>;
}

/**
 * The file appears under its name when it is complete. Whether it can be written is checked at once, but nothing is
 * written before there is a result: a command that is killed earlier leaves no file.
 */
function fileTarget(path: string): Target {
  requireWritable(path);
  const partial = `${path}.partial`;
  let file: PartialFile | null = null;
  const open = (): PartialFile => {
    const stream = createWriteStream(partial);
    const failed = new Promise<never>((_, reject) => stream.once('error', (error) => reject(writeFailure(path, error))));
    failed.catch(() => {}); // seen by whoever writes next
    return { stream, failed };
  };
  return {
    unfinished: partial,
    async write(chunk) {
      const { stream, failed } = (file ??= open());
      await Promise.race([new Promise<void>((resolve) => void stream.write(chunk, (error) => error ?? resolve())), failed]);
    },
    async close() {
      const { stream, failed } = (file ??= open());
      stream.end();
      await Promise.race([finished(stream), failed]);
      await rename(partial, path).catch((thrown: unknown) => Promise.reject(writeFailure(path, thrown)));
    },
    async discard() {
      if (file === null) return;
      file.stream.destroy();
      await rm(partial, { force: true });
    },
  };
}

function requireWritable(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
  } catch (thrown) {
    throw writeFailure(path, thrown);
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) throw new AppError('invalid-argument', `cannot write the result to ${path}: it is a folder`);
}

function writeFailure(path: string, error: unknown): AppError {
  const full = systemCode(error) === 'ENOSPC';
  return new AppError(full ? 'resource-exhausted' : 'invalid-argument', `cannot write the result to ${path}: ${full ? 'the disk is full' : errorMessage(error)}`, { cause: error });
}

const passive = (target: Target): Pick<ResultWriter, 'unfinished' | 'begin' | 'rows' | 'bytes' | 'discard'> => ({
  unfinished: target.unfinished,
  begin: () => {},
  rows: () => Promise.resolve(),
  bytes: () => Promise.resolve(),
  discard: () => target.discard(),
});

function tableWriter(target: Target): ResultWriter {
  const kept: string[][] = [];
  let columns: readonly ColumnType[] = [];
  let total = 0;
  return {
    ...passive(target),
    form: 'text',
    begin: (found) => void (columns = found),
    async rows(rows) {
      total += rows.length;
      for (const row of rows) if (kept.length < MAX_TABLE_ROWS) kept.push(row.map((value) => (value === null ? 'NULL' : printable(value))));
    },
    async end() {
      await target.write(`${textTable(columns.map((column) => ({ name: column.name, align: alignmentOf(column.type) })), kept)}\n`);
      if (total > kept.length) await target.write(`… ${total - kept.length} more rows; --format csv or --out FILE has them all\n`);
      await target.close();
    },
  };
}

function csvWriter(target: Target): ResultWriter {
  let header = '';
  return {
    ...passive(target),
    form: 'text',
    begin: (columns) => void (header = `${columns.map((column) => csvField(column.name)).join()}\n`),
    async rows(rows) {
      await target.write(header + rows.map((row) => `${row.map((value) => (value === null ? '' : csvField(value))).join()}\n`).join(''));
      header = '';
    },
    async end() {
      if (header !== '') await target.write(header);
      await target.close();
    },
  };
}

/** RFC 4180; an empty text is quoted, so that it differs from NULL. */
const csvField = (text: string): string => (text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function jsonWriter(target: Target): ResultWriter {
  let separator = '[\n  ';
  return {
    ...passive(target),
    form: 'json',
    async rows(rows) {
      for (const [object] of rows) {
        await target.write(`${separator}${object}`);
        separator = ',\n  ';
      }
    },
    async end() {
      await target.write(separator.startsWith('[') ? '[]\n' : '\n]\n');
      await target.close();
    },
  };
}
