/** Query 15: top supplier (specification, clause 2.4.15). */
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { pickMonth } from './parameters.ts';

export interface Q15Parameters {
  /** The first day of a month, January 1993 to October 1997. */
  readonly date: string;
}

export const q15: ParameterizedQuery<Q15Parameters> = defineQuery<Q15Parameters>({
  number: 15,
  title: 'Top supplier',
  validationRows: 1,
  validation: { date: '1996-01-01' },
  random: (random) => ({ date: pickMonth(random, 0, 57) }),
  sql: ({ date }) => `\
WITH revenue AS (
  SELECT l_suppkey AS supplier_no, sum(l_extendedprice * (1 - l_discount)) AS total_revenue
  FROM lineitem
  WHERE l_shipdate >= DATE '${date}'
    AND l_shipdate < DATE '${date}' + INTERVAL '3' MONTH
  GROUP BY l_suppkey
)
SELECT s_suppkey, s_name, s_address, s_phone, total_revenue
FROM supplier, revenue
WHERE s_suppkey = supplier_no
  AND total_revenue = (SELECT max(total_revenue) FROM revenue)
ORDER BY s_suppkey`,
});
