/** Query 7: volume shipping (specification, clause 2.4.7). */
import { NATIONS } from '../generator/distributions.ts';
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { pickDifferent } from './parameters.ts';

export interface Q07Parameters {
  readonly nation1: string;
  /** Another nation. */
  readonly nation2: string;
}

export const q07: ParameterizedQuery<Q07Parameters> = defineQuery<Q07Parameters>({
  number: 7,
  title: 'Volume shipping',
  validationRows: 4,
  validation: { nation1: 'FRANCE', nation2: 'GERMANY' },
  random: (random) => {
    const [nation1 = '', nation2 = ''] = pickDifferent(random, NATIONS, 2).map(([name]) => name);
    return { nation1, nation2 };
  },
  sql: ({ nation1, nation2 }) => `\
SELECT supp_nation, cust_nation, l_year, sum(volume) AS revenue
FROM (
  SELECT
    n1.n_name AS supp_nation,
    n2.n_name AS cust_nation,
    extract(year FROM l_shipdate) AS l_year,
    l_extendedprice * (1 - l_discount) AS volume
  FROM supplier, lineitem, orders, customer, nation n1, nation n2
  WHERE s_suppkey = l_suppkey
    AND o_orderkey = l_orderkey
    AND c_custkey = o_custkey
    AND s_nationkey = n1.n_nationkey
    AND c_nationkey = n2.n_nationkey
    AND (
      (n1.n_name = '${nation1}' AND n2.n_name = '${nation2}')
      OR (n1.n_name = '${nation2}' AND n2.n_name = '${nation1}')
    )
    AND l_shipdate BETWEEN DATE '1995-01-01' AND DATE '1996-12-31'
) AS shipping
GROUP BY supp_nation, cust_nation, l_year
ORDER BY supp_nation, cust_nation, l_year`,
});
