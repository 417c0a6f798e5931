/** Literals near the values of the test data, so that comparisons with them keep some rows and drop some. */
import type { Dice } from './dice.ts';
import { nullOf, template, type Expression, type Family } from './sql-tree.ts';

const LITERALS: Readonly<Record<Family, readonly string[]>> = {
  integer: ['0', '1', '2', '3', '5', '7', '7', '12', '20', '-4', '100', '9007199254740993', '3000000000'],
  decimal: ['0.00', '10.50', '99.99', '-3.25', '250.00', '500.01', '12345.678'],
  double: ['0.5::DOUBLE', '1.25::DOUBLE', '7.75::DOUBLE', '-2.5::DOUBLE', '3::DOUBLE'],
  text: ["'ash'", "'birch'", "'cedar'", "'o''ak'", "''", "'elm'", "'日本'", "'a,b'", "'zzz'"],
  date: ["DATE '2020-03-01'", "DATE '2020-03-15'", "DATE '2020-04-20'", "DATE '1969-12-31'"],
  timestamp: ["TIMESTAMP '2021-07-01 00:00:00'", "TIMESTAMP '2021-07-02 12:30:00.123'"],
  boolean: ['true', 'false'],
  list: ['[1, 2]', '[3, NULL]', '[5]', '([]::INTEGER[])'],
  struct: ["{'a': 1, 'b': 'ash'}", "{'a': 3, 'b': NULL::VARCHAR}"],
};

export function randomLiteral(dice: Dice, family: Family): Expression {
  if (dice.chance(0.04)) return nullOf(family);
  return template(family, [dice.pick(LITERALS[family])]);
}

export const literalsOf = (dice: Dice, family: Family, count: number): readonly Expression[] =>
  dice.some(LITERALS[family], count).map((text) => template(family, [text]));
