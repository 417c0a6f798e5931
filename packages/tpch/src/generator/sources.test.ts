/** The generated rows, as dbgen's text. The digests were taken of files that tpchgen-cli 4.0.0 wrote. */
import { createHash } from 'node:crypto';
import { systemClock } from '@pappus/core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTextPool } from '../output/crew.ts';
import { tblText } from '../output/write-tbl.ts';
import { TABLE_NAMES, type TableName } from './schema.ts';
import { fillSegment, POOL_BYTES, segment, SEGMENT_COUNT } from './text-pool.ts';

const DIGESTS: Readonly<Record<TableName, readonly [sf0001: string, sf001: string]>> = {
  region: [
    '6022658d673924389b54dcb70fa8c3d6da1b0d7afa3c1c017bab62a019df404f',
    '6022658d673924389b54dcb70fa8c3d6da1b0d7afa3c1c017bab62a019df404f',
  ],
  nation: [
    '66f96949939fa8fdf1c4ffed1e5f6c2842fe11a14b51fdc6ed1e17460031e8c5',
    '66f96949939fa8fdf1c4ffed1e5f6c2842fe11a14b51fdc6ed1e17460031e8c5',
  ],
  supplier: [
    '0e8d5acfdd475c136523d94b297e0cf6ee223dad6fce352de001ca283d63541c',
    '9dc1002ee774699a092ed83ba278caf466d62a15d7e35bb6ed9293475528734b',
  ],
  customer: [
    '35687dad57aeb383f029354868719ecf0f4a4f60d56e0cfaef2edebbd28cbeb3',
    '6b690cce995cb715861ebf2c77aa02c61406e3a0ddcd3326d1ecfa969b9163f8',
  ],
  part: [
    '7a26cd61498eb1cc84d73ca859bcb2acfe1b6cc22e5eae47ba49640ca2a4e59e',
    '896e14465325110dd9cf05a16972028a58be0010959262176ecd97f4db1702f8',
  ],
  partsupp: [
    '6d02a612f975020e5982d4d2e6e5d66c879a332c9fb02521ebf1e1b2f90ba4af',
    '5947b5ebab042b49148f82c1324ad122f7e0d98cfadcbef12da0a5e239e09e79',
  ],
  orders: [
    '6791f5e540e2399a4086adc8effc2f28878c4420878fe1132925e89446a0bf9d',
    '07cc8b362fda6d0b503c4d6c5d228817548e0688a3b21b590c52bb47b7b79c0f',
  ],
  lineitem: [
    '68af4af7afce86bda6e222998bfae75dd66fd8019ee1df8ae4978d1d0c2e2a03',
    'ee411d23efcd2943ef70489799e37dfc24543dbd03b461a88e16fd82a95765e4',
  ],
};

let textPool: Uint8Array<SharedArrayBuffer>;
beforeAll(async () => {
  textPool = await createTextPool({ threads: 2, clock: systemClock });
});

function text(table: TableName, scaleFactor: number, part = 0, parts = 1): string {
  let all = '';
  for (const piece of tblText({ table, scaleFactor, textPool, part, parts })) all += Buffer.from(piece).toString('latin1');
  return all;
}

const digest = (content: string): string => createHash('sha256').update(content, 'latin1').digest('hex');

describe('the text pool', () => {
  it('has segments that each lead to the next', () => {
    const scratch = new Uint8Array(POOL_BYTES);
    for (const index of [0, 17, SEGMENT_COUNT - 2]) expect(fillSegment(scratch, index)).toBe(segment(index + 1).seed);
  });

  it('is the pool of dbgen', () => {
    const { buffer } = textPool;
    expect(createHash('sha256').update(new Uint8Array(buffer, 0, POOL_BYTES)).digest('hex')).toBe(
      '09011f43d4e60579f77b33a51bbb67d04b4f3e700d84f289db6b937db90677f9',
    );
  });
});

describe('each table', () => {
  it.each(TABLE_NAMES)('is equal to dbgen at scale factor 0.001: %s', (table) => {
    expect(digest(text(table, 0.001))).toBe(DIGESTS[table][0]);
  });

  it.each(TABLE_NAMES)('is equal to dbgen at scale factor 0.01: %s', (table) => {
    expect(digest(text(table, 0.01))).toBe(DIGESTS[table][1]);
  });

  it('consists of its parts, into however many it is divided', () => {
    const whole = new Map(TABLE_NAMES.map((table) => [table, text(table, 0.001)]));
    fc.assert(
      fc.property(fc.constantFrom(...TABLE_NAMES), fc.integer({ min: 1, max: 7 }), (table, parts) => {
        const pieces = Array.from({ length: parts }, (_, part) => text(table, 0.001, part, parts));
        expect(pieces.join('')).toBe(whole.get(table));
      }),
      { numRuns: 20 },
    );
  });
});
