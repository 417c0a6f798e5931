import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { seededRandom } from '@pappus/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NATIONS, REGIONS } from '../generator/distributions.ts';
import { TABLE_NAMES, TABLES } from '../generator/schema.ts';
import { tpchQueries, tpchQuery } from './catalog.ts';
import { q01 } from './q01.ts';
import { q04 } from './q04.ts';
import { q06 } from './q06.ts';
import { q07 } from './q07.ts';
import { q08 } from './q08.ts';
import { q10 } from './q10.ts';
import { q12 } from './q12.ts';
import { q16 } from './q16.ts';
import { q19 } from './q19.ts';
import { q22 } from './q22.ts';

let instance: DuckDBInstance;
let duckdb: DuckDBConnection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  duckdb = await instance.connect();
  for (const table of TABLE_NAMES) {
    const columns = TABLES[table].map(({ name, type }) => `${name} ${type}`).join(', ');
    await duckdb.run(`CREATE TABLE ${table}(${columns})`);
  }
});
afterAll(() => {
  duckdb.closeSync();
  instance.closeSync();
});

const numbers = Array.from({ length: 22 }, (_, index) => index + 1);
const everySeed = (check: (seed: number) => void): void => fc.assert(fc.property(fc.integer(), check));

describe('the queries', () => {
  it('are numbered 1 to 22', () => {
    expect(tpchQueries.map(({ number }) => number)).toEqual(numbers);
    expect(() => tpchQuery(23)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    expect(() => tpchQuery(0)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
  });

  it.each(numbers)('run on empty tables with validation and random parameters: %d', async (number) => {
    await duckdb.run(tpchQuery(number));
    for (const seed of [1, 2, 3]) await duckdb.run(tpchQuery(number, { seed, scaleFactor: 0.1 }));
  });

  it('have the parameters that the seed says', () => {
    for (const number of numbers) {
      expect(tpchQuery(number, { seed: 7 })).toBe(tpchQuery(number, { seed: 7 }));
      const texts = new Set(Array.from({ length: 40 }, (_, seed) => tpchQuery(number, { seed })));
      expect(texts.size, `query ${number}`).toBeGreaterThan(number === 11 || number === 18 ? 3 : 4);
    }
  });

  it('write the fraction of query 11 after the scale factor, without exponent', () => {
    expect(tpchQuery(11)).toContain('* 0.000100000000');
    expect(tpchQuery(11, { scaleFactor: 0.1 })).toContain('* 0.001000000000');
    expect(tpchQuery(11, { scaleFactor: 1000 })).toContain('* 0.000000100000');
  });
});

describe('random parameters keep to the substitution rules', () => {
  const dateOf = (text: string): number => Date.parse(`${text}T00:00:00Z`);

  it('in ranges of numbers and dates', () => {
    everySeed((seed) => {
      const random = seededRandom(seed);
      expect(q01.random(random, 1).deltaDays).toSatisfy((days: number) => days >= 60 && days <= 120);
      expect(q06.random(random, 1).discount).toMatch(/^0\.0[2-9]$/);
      for (const [date, first, last] of [
        [q04.random(random, 1).date, '1993-01-01', '1997-10-01'],
        [q10.random(random, 1).date, '1993-02-01', '1995-01-01'],
        [q12.random(random, 1).date, '1993-01-01', '1997-01-01'],
      ] as const) {
        expect(date).toMatch(/-01$/);
        expect(dateOf(date)).toBeGreaterThanOrEqual(dateOf(first));
        expect(dateOf(date)).toBeLessThanOrEqual(dateOf(last));
      }
      const { quantity1, quantity2, quantity3, brand1 } = q19.random(random, 1);
      expect(quantity1 >= 1 && quantity1 <= 10 && quantity2 >= 10 && quantity2 <= 20 && quantity3 >= 20 && quantity3 <= 30).toBe(true);
      expect(brand1).toMatch(/^Brand#[1-5][1-5]$/);
    });
  });

  it('where entries have to differ or to fit', () => {
    everySeed((seed) => {
      const random = seededRandom(seed);
      const { nation1, nation2 } = q07.random(random, 1);
      expect(nation1).not.toBe(nation2);
      const { nation, region } = q08.random(random, 1);
      expect(NATIONS.find(([name]) => name === nation)?.[1]).toBe(REGIONS.indexOf(region));
      const { mode1, mode2 } = q12.random(random, 1);
      expect(mode1).not.toBe(mode2);
      expect(new Set(q16.random(random, 1).sizes).size).toBe(8);
      const { countryCodes } = q22.random(random, 1);
      expect(new Set(countryCodes).size).toBe(7);
      expect(countryCodes.every((code) => code >= 10 && code <= 34)).toBe(true);
    });
  });
});
