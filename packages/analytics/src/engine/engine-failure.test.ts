import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { AppError, sleep, systemClock } from '@pappus/core';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../exchange/transport.ts';
import type { EngineThread } from './engine-thread.ts';
import { engineLimits } from './limits.ts';
import { columnsOf, engineForFile, fragmentOf, io, never, newEngine, produce, readerOf, store } from './testing.ts';

const columns = columnsOf('BIGINT', 'VARCHAR');
const endless = fragmentOf({ sql: 'SELECT count(*) FROM range(1000000000) a(x), range(1000000) b(y) WHERE x + y = 17' });
const hash16 = 'SELECT i, md5(i::VARCHAR) FROM range(1000000) r(i)';
let engine: EngineThread;

const folder = engineForFile((started) => {
  engine = started;
});

const expectAlive = async (): Promise<void> => expect(await engine.query('SELECT 42')).toEqual([['42']]);

describe('cancellation', () => {
  test('ends a query that computes for long, with the signal’s reason, and the engine stays usable', async () => {
    const controller = new AbortController();
    const running = engine.run(endless, io({}), controller.signal);
    await sleep(systemClock, 100);
    const began = performance.now();
    controller.abort(new AppError('cancelled', 'enough'));
    await expect(running).rejects.toThrow('enough');
    expect(performance.now() - began).toBeLessThan(2000);
    await expectAlive();
  });

  test('ends a fragment that waits for input', async () => {
    const controller = new AbortController();
    const fragment = fragmentOf({ sql: 'SELECT * FROM t', inputs: [{ edge: 1, table: 't', columns }] });
    const running = engine.run(fragment, io({ 1: { next: () => new Promise(() => undefined) } }), controller.signal);
    await sleep(systemClock, 50);
    controller.abort(new AppError('cancelled', 'no more'));
    await expect(running).rejects.toThrow('no more');
    await expectAlive();
  });

  test('ends a fragment that waits for a writer', async () => {
    const controller = new AbortController();
    const fragment = fragmentOf({ sql: hash16, columns, outputs: [{ edge: 1, consumers: 1, routing: { kind: 'all' } }] });
    const running = engine.run(fragment, io({}, new Map([[1, { write: () => new Promise<void>(() => undefined) }]])), controller.signal);
    await sleep(systemClock, 300);
    controller.abort(new AppError('cancelled', 'no more'));
    await expect(running).rejects.toThrow('no more');
    await expectAlive();
  });

  test('is refused at once when the signal is aborted before', async () => {
    await expect(engine.run(endless, io({}), AbortSignal.abort(new AppError('cancelled', 'before')))).rejects.toThrow('before');
  });
});

describe('errors', () => {
  test.each([
    ['a syntax error', 'SELEC 1', 'invalid-argument', /syntax error/],
    ['an unknown table', 'SELECT * FROM nothing', 'not-found', /nothing does not exist/],
    ['an unknown column', 'SELECT nothing FROM range(3)', 'invalid-argument', /nothing/],
    ['a missing file', "FROM '/nowhere/x.parquet'", 'not-found', /No files found/],
    ['a cast that fails midway', "SELECT CASE WHEN i = 250000 THEN 'x' ELSE i::VARCHAR END::BIGINT, 'y' FROM range(300000) r(i)", 'invalid-argument', /Could not convert/],
  ])('%s is told with its reason', async (_, sql, code, message) => {
    await expect(produce(engine, sql, columns, { kind: 'one', consumer: 0 })).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await expectAlive();
  });

  test('a reader’s error is the fragment’s error, and interrupts what computes', async () => {
    const lost = new AppError('worker-lost', 'rank 3 died');
    const { frames } = await produce(engine, 'SELECT i, i::VARCHAR FROM range(10) r(i)', columns, { kind: 'one', consumer: 0 });
    const left = [...(frames[0] ?? [])];
    const next = async (): Promise<Frame | null> => {
      const frame = left.shift();
      if (frame !== undefined) return frame;
      throw lost;
    };
    const computing = `SELECT count(*) FROM t, ${'range(100000) a, range(100000) b'} WHERE c0 + a.range + b.range = -1`;
    for (const sql of ['SELECT * FROM t', computing]) {
      const fragment = fragmentOf({ sql, inputs: [{ edge: 1, table: 't', columns }] });
      await expect(engine.run(fragment, io({ 1: { next } }), never)).rejects.toBe(lost);
    }
    await expectAlive();
  });

  test('a writer’s error is the fragment’s error', async () => {
    const lost = new AppError('unavailable', 'the store is full');
    const fragment = fragmentOf({ sql: hash16, columns, outputs: [{ edge: 1, consumers: 1, routing: { kind: 'all' } }] });
    await expect(engine.run(fragment, io({}, new Map([[1, { write: () => Promise.reject(lost) }]])), never)).rejects.toBe(lost);
    await expectAlive();
  });

  test('a damaged frame is corrupt data', async () => {
    const { frames } = await produce(engine, 'SELECT i, i::VARCHAR FROM range(10) r(i)', columns, { kind: 'one', consumer: 0 });
    const frame = frames[0]?.[0]?.slice() ?? new Uint8Array();
    frame[24] = (frame[24] ?? 0) ^ 1;
    await expect(store(engine, 'got', [frame], columns)).rejects.toMatchObject({ code: 'corrupt-data' });
    await expectAlive();
  });

  test('nothing of a failed fragment is left for the next', async () => {
    const setup = ['CREATE TABLE mine AS SELECT 1', 'CREATE VIEW t AS SELECT 2'];
    await expect(engine.run(fragmentOf({ setup, sql: 'SELECT error(\'stop\')' }), io({}), never)).rejects.toThrow('stop');
    await engine.run(fragmentOf({ setup, sql: 'FROM mine, t' }), io({}), never);
  });
});

describe('bounds', () => {
  test('a slow writer bounds the frames in flight', async () => {
    let inFlight = 0;
    let most = 0;
    const write = async (_: number, frame: Frame): Promise<void> => {
      inFlight += frame.byteLength;
      most = Math.max(most, inFlight);
      await sleep(systemClock, 3);
      inFlight -= frame.byteLength;
    };
    const fragment = fragmentOf({ sql: `SELECT *, (i % 8)::USMALLINT FROM (${hash16}) t(i, s)`, columns, outputs: [{ edge: 1, consumers: 8, routing: { kind: 'column', column: 2 } }] });
    const stats = await engine.run(fragment, io({}, new Map([[1, { write }]])), never);
    expect(stats.outputs[0]?.bytes).toBeGreaterThan(40_000_000);
    expect(most).toBeLessThanOrEqual(engineLimits.outputWindowBytes);
    expect(stats.profile.waitOutput).toBeGreaterThan(0);
  });

  test('what does not fit in memory spills, and what cannot spill is an error', async () => {
    const small = newEngine(join(folder, 'spill'), 32 * 1024 * 1024);
    await small.start();
    try {
      const { stats } = await produce(small, `${hash16} ORDER BY i DESC`, columns, { kind: 'one', consumer: 0 });
      expect(stats.outputs[0]?.rows).toBe(1_000_000);
      expect(stats.peakMemoryBytes).toBeGreaterThan(16 * 1024 * 1024);
      const unspillable = produce(small, "SELECT 1, string_agg(md5(i::VARCHAR), '') FROM range(10000000) r(i)", columns, { kind: 'one', consumer: 0 });
      await expect(unspillable).rejects.toMatchObject({ code: 'resource-exhausted', message: expect.stringContaining('Out of Memory') });
    } finally {
      await small.stop();
    }
  });

  test('many fragments leak no memory', async () => {
    const { frames } = await produce(engine, `SELECT *, [i], {'a': s} FROM (${hash16} LIMIT 50000) t(i, s)`, columnsOf('BIGINT', 'VARCHAR', 'BIGINT[]', 'STRUCT(a VARCHAR)'), { kind: 'one', consumer: 0 });
    const types = columnsOf('BIGINT', 'VARCHAR', 'BIGINT[]', 'STRUCT(a VARCHAR)');
    const roundTrip = async (): Promise<void> => {
      const inputs = [{ edge: 1, table: 't', columns: types }];
      const fragment = fragmentOf({ sql: 'SELECT *, (c0 % 3)::USMALLINT FROM t', columns: types, inputs, outputs: [{ edge: 2, consumers: 3, routing: { kind: 'column', column: 4 } }] });
      await engine.run(fragment, io({ 1: readerOf(frames[0] ?? []) }, new Map([[2, { write: async () => undefined }]])), never);
    };
    for (let count = 0; count < 8; count += 1) await roundTrip();
    const before = process.memoryUsage().rss;
    for (let count = 0; count < 16; count += 1) await roundTrip();
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024);
    const [used] = await engine.query('SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()');
    expect(Number(used?.[0])).toBeLessThan(4 * 1024 * 1024);
  });
});

describe('the engine’s life', () => {
  test.each([
    ['idle', null],
    ['busy', endless],
    ['waiting for input', fragmentOf({ sql: 'SELECT * FROM t', inputs: [{ edge: 1, table: 't', columns }] })],
  ])('stop ends a thread that is %s', async (_, fragment) => {
    const other = newEngine(join(folder, 'other'));
    await other.start();
    const running = fragment === null ? null : other.run(fragment, io({ 1: { next: () => new Promise(() => undefined) } }), never);
    const settled = running?.catch((error: unknown) => error);
    await sleep(systemClock, 100);
    const began = performance.now();
    await Promise.all([other.stop(), other.stop()]);
    expect(performance.now() - began).toBeLessThan(2000);
    if (settled !== undefined) expect(await settled).toBeInstanceOf(AppError);
    await expect(other.query('SELECT 1')).rejects.toMatchObject({ code: 'cancelled' });
  });

  test.each(['busy', 'waiting', 'idle'])('a process with a %s engine exits when it wants to', async (mode) => {
    const child = fork(new URL('./exiting-process.ts', import.meta.url), [mode, join(folder, 'exiting')], { execArgv: ['--conditions=source'] });
    const began = performance.now();
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(3);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test('an engine that cannot open its DuckDB says so', async () => {
    const broken = newEngine(folder, Number.NaN);
    await expect(broken.start()).rejects.toBeInstanceOf(AppError);
  });
});
