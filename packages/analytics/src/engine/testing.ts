/** For this folder's tests: fragments whose edges are arrays of frames in memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@pappus/core';
import { afterAll, beforeAll } from 'vitest';
import type { Frame } from '../exchange/transport.ts';
import { EngineThread } from './engine-thread.ts';
import type { FragmentIo } from './fragment-io.ts';
import type { ColumnType, FragmentSpec, Routing } from './fragment.ts';
import type { FragmentStats } from './stats.ts';

export const never: AbortSignal = new AbortController().signal;

export const columnsOf = (...types: readonly string[]): ColumnType[] => types.map((type, index) => ({ name: `c${index}`, type }));

export const fragmentOf = (spec: Partial<FragmentSpec> & Pick<FragmentSpec, 'sql'>): FragmentSpec => ({ setup: [], columns: [], inputs: [], outputs: [], ...spec });

export const newEngine = (tempDirectory: string, memoryLimitBytes: number = 512 * 1024 * 1024): EngineThread => new EngineThread({ memoryLimitBytes, tempDirectory }, systemClock);

/** An engine for all tests of a file, handed over when it has started. Returns its folder, which goes with it. */
export function engineForFile(use: (engine: EngineThread) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'pappus-engine-'));
  const engine = newEngine(folder);
  beforeAll(async () => {
    await engine.start();
    use(engine);
  });
  afterAll(async () => {
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** A reader of frames that are there already. */
export function readerOf(frames: readonly Frame[]): { next(): Promise<Frame | null> } {
  const left = frames.map((frame) => frame.slice());
  return { next: async () => left.shift() ?? null };
}

export interface Produced {
  /** By consumer. */
  readonly frames: readonly (readonly Frame[])[];
  readonly stats: FragmentStats;
}

/** Runs a select and collects its frames. */
export async function produce(engine: EngineThread, sql: string, columns: readonly ColumnType[], routing: Routing, consumers = 1): Promise<Produced> {
  const frames: Frame[][] = Array.from({ length: consumers }, () => []);
  const write = async (consumer: number, frame: Frame): Promise<void> => void frames[consumer]?.push(frame);
  const fragment = fragmentOf({ sql, columns, outputs: [{ edge: 1, consumers, routing }] });
  const stats = await engine.run(fragment, { readers: new Map(), writers: new Map([[1, { write }]]) }, never);
  return { frames, stats };
}

/** Reads frames into the table `name` of the engine's main database, where `query` finds it after the fragment. */
export async function store(engine: EngineThread, name: string, frames: readonly Frame[], columns: readonly ColumnType[]): Promise<FragmentStats> {
  const table = `CREATE OR REPLACE TABLE memory.main.${name} AS FROM arrived`;
  const fragment = fragmentOf({ setup: [table], sql: 'SELECT 1', inputs: [{ edge: 2, table: 'arrived', columns }] });
  return engine.run(fragment, io({ 2: readerOf(frames) }), never);
}

export function io(readers: Readonly<Record<number, { next(): Promise<Frame | null> }>>, writers: FragmentIo['writers'] = new Map()): FragmentIo {
  return { readers: new Map(Object.entries(readers).map(([edge, reader]) => [Number(edge), reader])), writers };
}

/** What a select gives and what arrived of it: rows on each side that the other lacks, as text. */
export async function difference(engine: EngineThread, sql: string, table: string): Promise<readonly (readonly (string | null)[])[]> {
  const missing = `SELECT 'missing', x::VARCHAR FROM (${sql} EXCEPT ALL FROM ${table}) AS x`;
  const extra = `SELECT 'extra', x::VARCHAR FROM (FROM ${table} EXCEPT ALL ${sql}) AS x`;
  return engine.query(`${missing} UNION ALL ${extra} LIMIT 5`);
}
