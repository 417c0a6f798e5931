/** Query 10: returned item reporting (specification, clause 2.4.10). */
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { pickMonth } from './parameters.ts';

export interface Q10Parameters {
  /** The first day of a month, February 1993 to January 1995. */
  readonly date: string;
}

export const q10: ParameterizedQuery<Q10Parameters> = defineQuery<Q10Parameters>({
  number: 10,
  title: 'Returned item reporting',
  validationRows: 20,
  validation: { date: '1993-10-01' },
  random: (random) => ({ date: pickMonth(random, 1, 24) }),
  sql: ({ date }) => `\
SELECT
  c_custkey,
  c_name,
  sum(l_extendedprice * (1 - l_discount)) AS revenue,
  c_acctbal,
  n_name,
  c_address,
  c_phone,
  c_comment
FROM customer, orders, lineitem, nation
WHERE c_custkey = o_custkey
  AND l_orderkey = o_orderkey
  AND o_orderdate >= DATE '${date}'
  AND o_orderdate < DATE '${date}' + INTERVAL '3' MONTH
  AND l_returnflag = 'R'
  AND c_nationkey = n_nationkey
GROUP BY c_custkey, c_name, c_acctbal, c_phone, n_name, c_address, c_comment
ORDER BY revenue DESC
LIMIT 20`,
});
