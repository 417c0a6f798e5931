/** Query 21: suppliers who kept orders waiting (specification, clause 2.4.21). */
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { pickNation } from './parameters.ts';

export interface Q21Parameters {
  readonly nation: string;
}

export const q21: ParameterizedQuery<Q21Parameters> = defineQuery<Q21Parameters>({
  number: 21,
  title: 'Suppliers who kept orders waiting',
  validationRows: 100,
  validation: { nation: 'SAUDI ARABIA' },
  random: (random) => ({ nation: pickNation(random) }),
  sql: ({ nation }) => `\
SELECT s_name, count(*) AS numwait
FROM supplier, lineitem l1, orders, nation
WHERE s_suppkey = l1.l_suppkey
  AND o_orderkey = l1.l_orderkey
  AND o_orderstatus = 'F'
  AND l1.l_receiptdate > l1.l_commitdate
  AND EXISTS (
    SELECT *
    FROM lineitem l2
    WHERE l2.l_orderkey = l1.l_orderkey
      AND l2.l_suppkey <> l1.l_suppkey
  )
  AND NOT EXISTS (
    SELECT *
    FROM lineitem l3
    WHERE l3.l_orderkey = l1.l_orderkey
      AND l3.l_suppkey <> l1.l_suppkey
      AND l3.l_receiptdate > l3.l_commitdate
  )
  AND s_nationkey = n_nationkey
  AND n_name = '${nation}'
GROUP BY s_name
ORDER BY numwait DESC, s_name
LIMIT 100`,
});
