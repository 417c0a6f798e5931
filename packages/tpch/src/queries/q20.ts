/** Query 20: potential part promotion (specification, clause 2.4.20). */
import { COLORS } from '../generator/distributions.ts';
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { pick, pickNation, pickYear } from './parameters.ts';

export interface Q20Parameters {
  /** The first word of P_NAME. */
  readonly color: string;
  /** January 1st of 1993 to 1997. */
  readonly date: string;
  readonly nation: string;
}

export const q20: ParameterizedQuery<Q20Parameters> = defineQuery<Q20Parameters>({
  number: 20,
  title: 'Potential part promotion',
  validationRows: 186,
  validation: { color: 'forest', date: '1994-01-01', nation: 'CANADA' },
  random: (random) => ({ color: pick(random, COLORS), date: pickYear(random), nation: pickNation(random) }),
  sql: ({ color, date, nation }) => `\
SELECT s_name, s_address
FROM supplier, nation
WHERE s_suppkey IN (
    SELECT ps_suppkey
    FROM partsupp
    WHERE ps_partkey IN (
        SELECT p_partkey
        FROM part
        WHERE p_name LIKE '${color}%'
      )
      AND ps_availqty > (
        SELECT 0.5 * sum(l_quantity)
        FROM lineitem
        WHERE l_partkey = ps_partkey
          AND l_suppkey = ps_suppkey
          AND l_shipdate >= DATE '${date}'
          AND l_shipdate < DATE '${date}' + INTERVAL '1' YEAR
      )
  )
  AND s_nationkey = n_nationkey
  AND n_name = '${nation}'
ORDER BY s_name`,
});
