/** Query 5: local supplier volume (specification, clause 2.4.5). */
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { pickRegion, pickYear } from './parameters.ts';

export interface Q05Parameters {
  readonly region: string;
  /** January 1st of 1993 to 1997. */
  readonly date: string;
}

export const q05: ParameterizedQuery<Q05Parameters> = defineQuery<Q05Parameters>({
  number: 5,
  title: 'Local supplier volume',
  validationRows: 5,
  validation: { region: 'ASIA', date: '1994-01-01' },
  random: (random) => ({ region: pickRegion(random), date: pickYear(random) }),
  sql: ({ region, date }) => `\
SELECT n_name, sum(l_extendedprice * (1 - l_discount)) AS revenue
FROM customer, orders, lineitem, supplier, nation, region
WHERE c_custkey = o_custkey
  AND l_orderkey = o_orderkey
  AND l_suppkey = s_suppkey
  AND c_nationkey = s_nationkey
  AND s_nationkey = n_nationkey
  AND n_regionkey = r_regionkey
  AND r_name = '${region}'
  AND o_orderdate >= DATE '${date}'
  AND o_orderdate < DATE '${date}' + INTERVAL '1' YEAR
GROUP BY n_name
ORDER BY revenue DESC`,
});
