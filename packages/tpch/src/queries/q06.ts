/** Query 6: forecasting revenue change (specification, clause 2.4.6). */
import { randomInt } from '@pappus/core';
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { pickYear } from './parameters.ts';

export interface Q06Parameters {
  /** January 1st of 1993 to 1997. */
  readonly date: string;
  /** 0.02 to 0.09. */
  readonly discount: string;
  /** 24 or 25. */
  readonly quantity: number;
}

export const q06: ParameterizedQuery<Q06Parameters> = defineQuery<Q06Parameters>({
  number: 6,
  title: 'Forecasting revenue change',
  validationRows: 1,
  validation: { date: '1994-01-01', discount: '0.06', quantity: 24 },
  random: (random) => ({ date: pickYear(random), discount: `0.0${randomInt(random, 2, 9)}`, quantity: randomInt(random, 24, 25) }),
  sql: ({ date, discount, quantity }) => `\
SELECT sum(l_extendedprice * l_discount) AS revenue
FROM lineitem
WHERE l_shipdate >= DATE '${date}'
  AND l_shipdate < DATE '${date}' + INTERVAL '1' YEAR
  AND l_discount BETWEEN ${discount} - 0.01 AND ${discount} + 0.01
  AND l_quantity < ${quantity}`,
});
