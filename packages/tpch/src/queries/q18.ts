/** Query 18: large volume customer (specification, clause 2.4.18). */
import { randomInt } from '@pappus/core';
import { defineQuery, type ParameterizedQuery } from './definition.ts';

export interface Q18Parameters {
  /** 312 to 315. */
  readonly quantity: number;
}

export const q18: ParameterizedQuery<Q18Parameters> = defineQuery<Q18Parameters>({
  number: 18,
  title: 'Large volume customer',
  validationRows: 57,
  validation: { quantity: 300 },
  random: (random) => ({ quantity: randomInt(random, 312, 315) }),
  sql: ({ quantity }) => `\
SELECT c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice, sum(l_quantity) AS sum_quantity
FROM customer, orders, lineitem
WHERE o_orderkey IN (
    SELECT l_orderkey
    FROM lineitem
    GROUP BY l_orderkey
    HAVING sum(l_quantity) > ${quantity}
  )
  AND c_custkey = o_custkey
  AND o_orderkey = l_orderkey
GROUP BY c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice
ORDER BY o_totalprice DESC, o_orderdate
LIMIT 100`,
});
