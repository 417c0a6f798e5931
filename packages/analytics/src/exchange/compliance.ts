/**
 * What every exchange transport promises, as tests: `direct` and `store` run the same cases on a fixture of
 * their own. A case that one of them cannot pass by its nature is skipped by a missing fixture function.
 */
import { crc32 } from 'node:zlib';
import { AppError, parseEdgeId, parseQueryId, parseRank, randomInt, seededRandom, sleep, systemClock, type Random } from '@pappus/core';
import { afterEach, describe, expect, it } from 'vitest';
import type { Edge, ExchangeReader, ExchangeWriter, Frame, QueryScopedTransport } from './transport.ts';

export interface FixtureOptions {
  readonly workers: number;
  readonly memoryBudgetBytes?: number;
  readonly spillBudgetBytes?: number;
}

export interface ExchangeFixture {
  /** One transport for each worker, by rank. */
  readonly transports: readonly QueryScopedTransport[];
  /** Stops everything; idempotent. */
  stop(): Promise<void>;
  /** The most bytes that the buffers of one worker held in memory. */
  peakMemoryBytes(rank: number): number;
  /** What is still there of files, objects and buffered bytes; empty once all queries have ended. */
  leftovers(): Promise<readonly string[]>;
  /** Ends a query everywhere. */
  endQuery(query: string): Promise<void>;
  /** Kills a worker without warning; absent where stage outputs outlive their worker. */
  readonly kill?: (rank: number) => Promise<void>;
  /** True when a writer must be held back by a reader that does not read; `store` has a barrier instead. */
  readonly streams: boolean;
}

export type FixtureFactory = (options: FixtureOptions) => Promise<ExchangeFixture>;

const SEED = 20_26;
const HEADER = 16;
const never = new AbortController().signal;

/** A frame that carries its producer, consumer and number, and a checksum of the random rest. */
function makeFrame(producer: number, consumer: number, sequence: number, bytes: number): Frame {
  const frame = new Uint8Array(Math.max(bytes, HEADER));
  const random = seededRandom(producer * 7_919 + consumer * 104_729 + sequence);
  for (let i = HEADER; i < frame.length; i += 1_021) frame[i] = random.uint32() & 255;
  new Uint32Array(frame.buffer, 0, 4).set([producer, consumer, sequence, crc32(frame.subarray(HEADER))]);
  return frame;
}

function readFrame(frame: Frame): { producer: number; consumer: number; sequence: number } {
  expect(frame.byteOffset).toBe(0);
  expect(frame.buffer.byteLength).toBe(frame.byteLength);
  const [producer = -1, consumer = -1, sequence = -1, sum] = new Uint32Array(frame.buffer, 0, 4);
  expect(crc32(frame.subarray(HEADER))).toBe(sum);
  return { producer, consumer, sequence };
}

/** Edge `edge` of `query`, fragment i on worker i modulo the number of workers. */
export function makeEdge(query: string, edge: number, producers: number, consumers: number, workers: number): Edge {
  const place = (count: number): Edge['producers'] => Array.from({ length: count }, (_, i) => parseRank(i % workers));
  return { query: parseQueryId(query), edge: parseEdgeId(edge), producers: place(producers), consumers: place(consumers) };
}

const writerOf = (fixture: ExchangeFixture, edge: Edge, producer: number, signal: AbortSignal = never): ExchangeWriter =>
  (fixture.transports[edge.producers[producer] as number] as QueryScopedTransport).writer(edge, producer, signal);
const readerOf = (fixture: ExchangeFixture, edge: Edge, consumer: number, signal: AbortSignal = never): ExchangeReader =>
  (fixture.transports[edge.consumers[consumer] as number] as QueryScopedTransport).reader(edge, consumer, signal);

/** Reads to the end: the sequence numbers by producer, in order of arrival. */
async function drain(reader: ExchangeReader, consumer: number, pause?: () => Promise<void>): Promise<Map<number, number[]>> {
  const seen = new Map<number, number[]>();
  for (let frame = await reader.next(); frame !== null; frame = await reader.next()) {
    const header = readFrame(frame);
    expect(header.consumer).toBe(consumer);
    const list = seen.get(header.producer) ?? [];
    list.push(header.sequence);
    seen.set(header.producer, list);
    await pause?.();
  }
  await reader.close();
  return seen;
}

async function produce(writer: ExchangeWriter, producer: number, plan: readonly { consumer: number; bytes: number }[]): Promise<void> {
  const counts = new Map<number, number>();
  for (const { consumer, bytes } of plan) {
    const sequence = counts.get(consumer) ?? 0;
    counts.set(consumer, sequence + 1);
    await writer.write(consumer, makeFrame(producer, consumer, sequence, bytes));
  }
  await writer.finish();
}

function randomPlan(random: Random, consumers: number, frames: number, maxBytes: number): { consumer: number; bytes: number }[] {
  return Array.from({ length: frames }, () => ({ consumer: randomInt(random, 0, consumers - 1), bytes: randomInt(random, HEADER, maxBytes) }));
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const countsOf = (plan: readonly { consumer: number }[], consumer: number): number => plan.filter((step) => step.consumer === consumer).length;
const failure = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'no error', (error: unknown) => error);

export function exchangeCompliance(name: string, create: FixtureFactory): void {
  describe(`exchange compliance: ${name}`, () => {
    let fixture: ExchangeFixture | null = null;
    const start = async (options: FixtureOptions): Promise<ExchangeFixture> => {
      fixture = await create(options);
      return fixture;
    };
    afterEach(async () => {
      await fixture?.stop();
      fixture = null;
    });
    deliveryCases(start);
    lifeCycleCases(start);
    pressureCases(start);
    failureCases(start);
  });
}

function deliveryCases(start: FixtureFactory): void {
  it(`delivers every frame once, in order for each producer, on many edges at once (seed ${SEED})`, async () => {
    const fixture = await start({ workers: 3 });
    const random = seededRandom(SEED);
    const edges = [makeEdge('q', 1, 5, 4, 3), makeEdge('q', 2, 1, 6, 3), makeEdge('q', 3, 6, 1, 3)];
    const work = edges.map(async (edge) => {
      const plans = edge.producers.map(() => randomPlan(random, edge.consumers.length, 60, 30_000));
      const writes = plans.map((plan, producer) => produce(writerOf(fixture, edge, producer), producer, plan));
      const reads = edge.consumers.map(async (_, consumer) => {
        const seen = await drain(readerOf(fixture, edge, consumer), consumer);
        plans.forEach((plan, producer) => expect(seen.get(producer) ?? []).toEqual(numbers(countsOf(plan, consumer))));
      });
      await Promise.all([...writes, ...reads]);
    });
    await Promise.all(work);
  });

  it('ends an edge without rows', async () => {
    const fixture = await start({ workers: 2 });
    const edge = makeEdge('q', 1, 3, 3, 2);
    const reads = edge.consumers.map((_, consumer) => drain(readerOf(fixture, edge, consumer), consumer));
    await Promise.all(edge.producers.map((_, producer) => writerOf(fixture, edge, producer).finish()));
    for (const seen of await Promise.all(reads)) expect(seen.size).toBe(0);
  });

  it('carries frames of 8 MiB', async () => {
    const fixture = await start({ workers: 2, memoryBudgetBytes: 4 * 1024 * 1024 });
    const edge = makeEdge('q', 1, 1, 2, 2);
    const plan = [0, 1, 0, 1].map((consumer) => ({ consumer, bytes: 8 * 1024 * 1024 }));
    const reads = edge.consumers.map((_, consumer) => drain(readerOf(fixture, edge, consumer), consumer));
    await produce(writerOf(fixture, edge, 0), 0, plan);
    for (const seen of await Promise.all(reads)) expect(seen.get(0)).toEqual([0, 1]);
  });

  it('lets writers finish before the first reader is there, far beyond the memory budget', async () => {
    const memoryBudgetBytes = 1024 * 1024;
    const fixture = await start({ workers: 2, memoryBudgetBytes });
    const edge = makeEdge('q', 1, 2, 2, 2);
    const plan = numbers(160).map((i) => ({ consumer: i % 2, bytes: 100_000 }));
    await Promise.all(edge.producers.map((_, producer) => produce(writerOf(fixture, edge, producer), producer, plan)));
    for (const consumer of [0, 1]) {
      const seen = await drain(readerOf(fixture, edge, consumer), consumer);
      expect([seen.get(0), seen.get(1)]).toEqual([numbers(80), numbers(80)]);
    }
    for (const rank of [0, 1]) expect(fixture.peakMemoryBytes(rank)).toBeLessThanOrEqual(memoryBudgetBytes + 100_016);
  });
}

function lifeCycleCases(start: FixtureFactory): void {
  it('leaves nothing behind when queries have ended, and serves the next one', async () => {
    const fixture = await start({ workers: 2, memoryBudgetBytes: 200_000 });
    for (const query of ['first', 'second']) {
      const edge = makeEdge(query, 1, 2, 2, 2);
      const unread = makeEdge(query, 2, 2, 2, 2);
      const plan = numbers(40).map((i) => ({ consumer: i % 2, bytes: 50_000 }));
      const writes = [edge, unread].flatMap((each) => each.producers.map((_, producer) => produce(writerOf(fixture, each, producer), producer, plan)));
      await Promise.all(writes);
      const reads = await Promise.all(edge.consumers.map((_, consumer) => drain(readerOf(fixture, edge, consumer), consumer)));
      for (const seen of reads) expect(seen.get(1)).toEqual(numbers(20));
      await fixture.endQuery(query);
      await expect.poll(() => fixture.leftovers()).toEqual([]);
    }
  });

  it('lets the writers go on when a reader closes early', async () => {
    const fixture = await start({ workers: 2, memoryBudgetBytes: 100_000, spillBudgetBytes: 400_000 });
    const edge = makeEdge('q', 1, 1, 2, 2);
    const plan = numbers(100).map((i) => ({ consumer: i % 2, bytes: 40_000 }));
    const whole = drain(readerOf(fixture, edge, 0), 0);
    const early = readerOf(fixture, edge, 1);
    const writing = produce(writerOf(fixture, edge, 0), 0, plan);
    expect(await early.next()).not.toBeNull();
    await early.close();
    await early.close();
    await writing;
    expect((await whole).get(0)).toEqual(numbers(50));
  });

  it('rejects a waiting read and a held-back write when their signal is aborted', async () => {
    const fixture = await start({ workers: 2, memoryBudgetBytes: 10_000, spillBudgetBytes: 10_000 });
    const edge = makeEdge('q', 1, 1, 2, 2);
    const controller = new AbortController();
    const reason = new AppError('cancelled', 'the user pressed Ctrl-C');
    const reading = failure(readerOf(fixture, edge, 0, controller.signal).next());
    const writer = writerOf(fixture, edge, 0, controller.signal);
    const writing = failure((async () => {
      for (let sequence = 0; ; sequence++) await writer.write(1, makeFrame(0, 1, sequence, 200_000));
    })());
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(reason);
    expect(await reading).toMatchObject({ code: 'cancelled', message: reason.message });
    expect(await writing).toMatchObject({ code: 'cancelled', message: reason.message });
  });
}

function pressureCases(start: FixtureFactory): void {
  it('holds a writer back while its reader does not read, and memory and disk stay within their budgets', async ({ skip }) => {
    const memoryBudgetBytes = 500_000;
    const fixture = await start({ workers: 2, memoryBudgetBytes, spillBudgetBytes: 1_000_000 });
    skip(!fixture.streams, 'the store has no reader before the end of writing');
    const edge = makeEdge('q', 1, 1, 2, 2);
    for (const consumer of [0, 1]) {
      let written = 0;
      const reader = readerOf(fixture, edge, consumer);
      if (consumer === 1) void failure(drain(reader, 1));
      const writer = consumer === 0 ? writerOf(fixture, edge, 0) : null;
      if (writer === null) continue;
      const writing = (async () => {
        for (; written < 60; written++) await writer.write(0, makeFrame(0, 0, written, 100_000));
        await writer.finish();
      })();
      await sleep(systemClock, 150);
      expect(written).toBeGreaterThan(5);
      expect(written).toBeLessThan(50);
      expect((await drain(reader, 0)).get(0)).toEqual(numbers(60));
      await writing;
    }
    expect(fixture.peakMemoryBytes(0)).toBeLessThanOrEqual(memoryBudgetBytes);
  });

  it('does not let a slow edge hold back another one between the same workers', async ({ skip }) => {
    const fixture = await start({ workers: 2, memoryBudgetBytes: 200_000, spillBudgetBytes: 200_000 });
    skip(!fixture.streams, 'edges of the store share no connection');
    const place = { producers: [parseRank(0)], consumers: [parseRank(1)] };
    const slow: Edge = { ...makeEdge('q', 1, 1, 1, 2), ...place };
    const fast: Edge = { ...makeEdge('q', 2, 1, 1, 2), ...place };
    const plan = numbers(60).map(() => ({ consumer: 0, bytes: 100_000 }));
    const slowReader = readerOf(fixture, slow, 0);
    const slowWriting = produce(writerOf(fixture, slow, 0), 0, plan);
    const [seen] = await Promise.all([drain(readerOf(fixture, fast, 0), 0), produce(writerOf(fixture, fast, 0), 0, plan)]);
    expect(seen.get(0)).toEqual(numbers(60));
    expect((await drain(slowReader, 0)).get(0)).toEqual(numbers(60));
    await slowWriting;
  });
}

function failureCases(start: FixtureFactory): void {
  it('hands the error of an aborted writer to every reader, whenever it comes', async () => {
    const fixture = await start({ workers: 2 });
    const edge = makeEdge('q', 1, 2, 3, 2);
    const error = new AppError('corrupt-data', 'lineitem.parquet is truncated', { hint: 'Write it again.' });
    const early = [0, 1].map((consumer) => failure(drain(readerOf(fixture, edge, consumer), consumer)));
    await produce(writerOf(fixture, edge, 1), 1, [{ consumer: 0, bytes: 1_000 }]);
    const writer = writerOf(fixture, edge, 0);
    await writer.write(0, makeFrame(0, 0, 0, 1_000));
    await writer.abort(error);
    const late = failure(drain(readerOf(fixture, edge, 2), 2));
    for (const seen of [...early, late]) expect(await seen).toMatchObject({ code: 'corrupt-data', message: error.message, hint: error.hint });
  });

  it('names the rank of a worker that dies before it has finished', async ({ skip }) => {
    const fixture = await start({ workers: 3 });
    const { kill } = fixture;
    if (kill === undefined) return skip('the output of a stage outlives its worker');
    const edge = makeEdge('q', 1, 3, 3, 3);
    const reading = failure(drain(readerOf(fixture, edge, 0), 0));
    const silent = makeEdge('q', 2, 3, 1, 3);
    const silentReading = failure(drain(readerOf(fixture, silent, 0), 0));
    await writerOf(fixture, edge, 0).finish();
    await writerOf(fixture, edge, 2).write(0, makeFrame(2, 0, 0, 1_000));
    const survivor = writerOf(fixture, edge, 1);
    await survivor.write(2, makeFrame(1, 2, 0, 1_000));
    await kill(2);
    expect(await reading).toMatchObject({ code: 'worker-lost', message: expect.stringContaining('worker 2') });
    expect(await silentReading).toMatchObject({ code: 'worker-lost', message: expect.stringContaining('worker 2') });
    const writing = failure((async () => {
      for (let sequence = 1; sequence < 100; sequence++) await survivor.write(2, makeFrame(1, 2, sequence, 100_000));
    })());
    expect(await writing).toMatchObject({ code: 'worker-lost', message: expect.stringContaining('worker 2') });
  });
}
