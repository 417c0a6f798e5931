/** Query 3: shipping priority (specification, clause 2.4.3). */
import { randomInt } from '@pappus/core';
import { MARKET_SEGMENTS } from '../generator/distributions.ts';
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { pick } from './parameters.ts';

export interface Q03Parameters {
  /** C_MKTSEGMENT. */
  readonly segment: string;
  /** A day of March 1995. */
  readonly date: string;
}

export const q03: ParameterizedQuery<Q03Parameters> = defineQuery<Q03Parameters>({
  number: 3,
  title: 'Shipping priority',
  validationRows: 10,
  validation: { segment: 'BUILDING', date: '1995-03-15' },
  random: (random) => ({ segment: pick(random, MARKET_SEGMENTS), date: `1995-03-${String(randomInt(random, 1, 31)).padStart(2, '0')}` }),
  sql: ({ segment, date }) => `\
SELECT l_orderkey, sum(l_extendedprice * (1 - l_discount)) AS revenue, o_orderdate, o_shippriority
FROM customer, orders, lineitem
WHERE c_mktsegment = '${segment}'
  AND c_custkey = o_custkey
  AND l_orderkey = o_orderkey
  AND o_orderdate < DATE '${date}'
  AND l_shipdate > DATE '${date}'
GROUP BY l_orderkey, o_orderdate, o_shippriority
ORDER BY revenue DESC, o_orderdate
LIMIT 10`,
});
