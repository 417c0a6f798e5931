/** Query 4: order priority checking (specification, clause 2.4.4). */
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { pickMonth } from './parameters.ts';

export interface Q04Parameters {
  /** The first day of a month, January 1993 to October 1997. */
  readonly date: string;
}

export const q04: ParameterizedQuery<Q04Parameters> = defineQuery<Q04Parameters>({
  number: 4,
  title: 'Order priority checking',
  validationRows: 5,
  validation: { date: '1993-07-01' },
  random: (random) => ({ date: pickMonth(random, 0, 57) }),
  sql: ({ date }) => `\
SELECT o_orderpriority, count(*) AS order_count
FROM orders
WHERE o_orderdate >= DATE '${date}'
  AND o_orderdate < DATE '${date}' + INTERVAL '3' MONTH
  AND EXISTS (
    SELECT *
    FROM lineitem
    WHERE l_orderkey = o_orderkey
      AND l_commitdate < l_receiptdate
  )
GROUP BY o_orderpriority
ORDER BY o_orderpriority`,
});
