import { AppError } from '@pappus/core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Frame } from '../exchange/transport.ts';
import type { EngineThread } from './engine-thread.ts';
import type { ColumnType } from './fragment.ts';
import { openFrame, sealFrame } from './frame.ts';
import { difference, engineForFile, produce, store } from './testing.ts';

let engine: EngineThread;

engineForFile((started) => {
  engine = started;
});

/** A random type, and an expression of that type in the row number `i`, NULL now and then. */
interface Sample {
  readonly type: string;
  readonly value: (i: string) => string;
}

const leaf = (type: string, value: (i: string) => string): fc.Arbitrary<Sample> => fc.constant({ type, value: (i) => `CASE WHEN hash(${i}, '${type.replaceAll("'", '')}') % 6 = 0 THEN NULL ELSE ${value(i)} END` });

const leaves = fc.oneof(
  leaf('BOOLEAN', (i) => `(hash(${i}) % 2 = 0)`),
  leaf('TINYINT', (i) => `(hash(${i}) % 127)::TINYINT`),
  leaf('INTEGER', (i) => `(hash(${i}) % 2000000000)::INTEGER`),
  leaf('UBIGINT', (i) => `hash(${i})`),
  leaf('HUGEINT', (i) => `hash(${i})::HUGEINT * -1000000000007`),
  leaf('DOUBLE', (i) => `sqrt(hash(${i})::DOUBLE)`),
  leaf('DECIMAL(15,2)', (i) => `(hash(${i}) % 1000000000)::DECIMAL(15,2)`),
  leaf('DECIMAL(38,5)', (i) => `hash(${i})::DECIMAL(38,5)`),
  leaf('DATE', (i) => `(DATE '1900-01-01' + (hash(${i}) % 100000)::INTEGER)`),
  leaf('TIMESTAMP', (i) => `make_timestamp((hash(${i}) % 4000000000000000)::BIGINT)`),
  leaf('INTERVAL', (i) => `to_days((hash(${i}) % 1000)::INTEGER)`),
  leaf('UUID', (i) => `md5(${i}::VARCHAR)::UUID`),
  leaf('VARCHAR', (i) => `repeat('wörld ', (hash(${i}) % 5)::INTEGER)`),
  leaf('BLOB', (i) => `repeat(chr((1 + hash(${i}) % 60)::INTEGER), (hash(${i}, 2) % 20)::INTEGER)::BLOB`),
  leaf("ENUM('a', 'b', 'c')", (i) => `(['a', 'b', 'c'][(1 + hash(${i}) % 3)::INTEGER])::ENUM('a', 'b', 'c')`),
);

const samples: fc.Memo<Sample> = fc.memo((depth) => (depth <= 1 ? leaves : fc.oneof({ weight: 3, arbitrary: leaves }, lists(depth), structs(depth))));

const lists = (depth: number): fc.Arbitrary<Sample> =>
  fc.tuple(samples(depth - 1), fc.integer({ min: 1, max: 5 })).map(([child, most]) => {
    const variable = `x${depth}`;
    return {
      type: `${child.type}[]`,
      value: (i) => `CASE WHEN hash(${i}, 'list') % 5 = 0 THEN NULL ELSE list_transform(range((hash(${i}, 3) % ${most + 1})::BIGINT), lambda ${variable} : ${child.value(`hash(${i}, ${variable})`)}) END`,
    };
  });

const structs = (depth: number): fc.Arbitrary<Sample> =>
  fc.array(samples(depth - 1), { minLength: 1, maxLength: 3 }).map((children) => ({
    type: `STRUCT(${children.map(({ type }, index) => `f${index} ${type}`).join(', ')})`,
    value: (i) => `CASE WHEN hash(${i}, 'struct') % 5 = 0 THEN NULL ELSE {${children.map(({ value }, index) => `'f${index}': ${value(i)}`).join(', ')}} END`,
  }));

test('random tables of random types arrive as they were sent', { timeout: 60_000 }, async () => {
  const tables = fc.tuple(fc.array(samples(3), { minLength: 1, maxLength: 5 }), fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 5 }));
  await fc.assert(
    fc.asyncProperty(tables, async ([columns, rows, consumers]) => {
      const types = columns.map(({ type }, index): ColumnType => ({ name: `c${index}`, type }));
      const select = columns.map(({ value, type }, index) => `CAST(${value('i')} AS ${type}) AS c${index}`).join(', ');
      const { frames } = await produce(engine, `SELECT ${select}, (hash(i, 9) % ${consumers})::USMALLINT FROM range(${rows}) r(i)`, types, { kind: 'column', column: columns.length }, consumers);
      await store(engine, 'got', frames.flat(), types);
      expect(await difference(engine, `(SELECT ${select} FROM range(${rows}) r(i))`, 'got')).toEqual([]);
      expect(await engine.query('SELECT count(*) FROM got')).toEqual([[String(rows)]]);
    }),
    { numRuns: 12 },
  );
});

describe('a damaged frame never does harm', () => {
  const columns: ColumnType[] = ['BIGINT', 'VARCHAR', 'BOOLEAN', "ENUM('a', 'b')", 'VARCHAR[]', 'STRUCT(a INTEGER[], b VARCHAR)', 'INTEGER[2]', 'UNION(n INTEGER, s VARCHAR)'].map((type, index) => ({ name: `c${index}`, type }));
  const sql = `SELECT CASE WHEN i % 3 > 0 THEN i END, CASE WHEN i % 4 > 0 THEN 'text ü ' || i END, i % 2 = 0, 'a'::ENUM('a', 'b'), ['x', NULL, repeat('long', i::INT)], {'a': [i::INT], 'b': 'y'}, [1, i]::INTEGER[2], union_value(n := i::INT)::UNION(n INTEGER, s VARCHAR) FROM range(60) r(i)`;
  const read = 'SELECT max(t::VARCHAR), max(hash(t)) FROM bad t';
  let frame: Frame;

  beforeAll(async () => {
    frame = (await produce(engine, sql, columns, { kind: 'one', consumer: 0 })).frames[0]?.[0] ?? new Uint8Array();
  });

  /** Either refused as corrupt, or taken and readable; anything else ends the process or fails the test. */
  async function expectHarmless(bytes: Frame): Promise<'taken' | 'refused'> {
    try {
      await store(engine, 'bad', [bytes], columns);
      await engine.query(read);
      return 'taken';
    } catch (error) {
      if (error instanceof AppError && ['corrupt-data', 'protocol'].includes(error.code)) return 'refused';
      throw error;
    }
  }

  const resealed = (bytes: Frame): Frame => {
    const header = new DataView(bytes.buffer, bytes.byteOffset);
    header.setUint32(8, bytes.byteLength, true);
    return bytes;
  };

  test('random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(await expectHarmless(new Uint8Array(bytes))).toBe('refused');
      }),
      { numRuns: 50 },
    );
  });

  test('flipped bits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(frame.byteLength * 8 - 1), async (bit) => {
        const bytes = frame.slice();
        bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
        await expectHarmless(bytes);
      }),
      { numRuns: 60 },
    );
  });

  test('changed words', async () => {
    const change = fc.tuple(fc.nat(Math.floor(frame.byteLength / 4) - 7), fc.oneof(fc.nat(70), fc.constantFrom(0xffffffff, 0x7fffffff, 0x80000000, 0x10000), fc.integer()));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = frame.slice();
        const words = new Uint32Array(bytes.buffer);
        for (const [at, value] of changes) words[6 + at] = value;
        await expectHarmless(resealed(bytes));
      }),
      { numRuns: 120 },
    );
  });

  test('cut off anywhere, with the right length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 3, max: Math.floor(frame.byteLength / 8) - 1 }), async (words) => {
        expect(await expectHarmless(resealed(frame.slice(0, words * 8)))).toBe('refused');
      }),
      { numRuns: 50 },
    );
  });

  test('a frame within a larger buffer, at an odd place, is read as well', async () => {
    const larger = new Uint8Array(frame.byteLength + 16);
    larger.set(frame, 3);
    expect(await expectHarmless(larger.subarray(3, 3 + frame.byteLength))).toBe('taken');
  });
});

test('a sealed frame opens with what it was sealed with', () => {
  const bytes = new Uint8Array(32);
  sealFrame(bytes, { schema: 7, rows: 3, blocks: 1 });
  expect(openFrame(bytes, 7)).toEqual({ schema: 7, rows: 3, blocks: 1 });
  expect(() => openFrame(bytes, 8)).toThrow(/other column types/);
});
