/** Draws for the substitution parameters. The specification leaves the generator of the draws to the implementer. */
import { assert, randomInt, type Random } from '@pappus/core';
import { CONTAINERS, NATIONS, REGIONS, SHIP_MODES } from '../generator/distributions.ts';

/** One entry of a list. */
export function pick<T>(random: Random, list: readonly T[]): T {
  assert(list.length > 0, 'nothing to pick from');
  return list[randomInt(random, 0, list.length - 1)] as T;
}

/** Different entries of a list. */
export function pickDifferent<T>(random: Random, list: readonly T[], count: number): readonly T[] {
  assert(count <= list.length, `${count} different entries of ${list.length}`);
  const rest = [...list];
  return Array.from({ length: count }, () => rest.splice(randomInt(random, 0, rest.length - 1), 1)[0] as T);
}

export const numbers = (low: number, high: number): readonly number[] => Array.from({ length: high - low + 1 }, (_, index) => low + index);

export const pickRegion = (random: Random): string => pick(random, REGIONS);
export const pickNation = (random: Random): string => pick(random, NATIONS)[0];
export const pickContainer = (random: Random): string => pick(random, CONTAINERS);
export const pickShipModes = (random: Random, count: number): readonly string[] => pickDifferent(random, SHIP_MODES, count);
export const pickBrand = (random: Random): string => `Brand#${randomInt(random, 1, 5)}${randomInt(random, 1, 5)}`;

/** January 1st of 1993 to 1997. */
export const pickYear = (random: Random): string => `${randomInt(random, 1993, 1997)}-01-01`;

/** The first day of a month; months count from January 1993. */
export function pickMonth(random: Random, firstMonth: number, lastMonth: number): string {
  const month = randomInt(random, firstMonth, lastMonth);
  return `${1993 + Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}-01`;
}
