/** Query 14: promotion effect (specification, clause 2.4.14). */
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { pickMonth } from './parameters.ts';

export interface Q14Parameters {
  /** The first day of a month of 1993 to 1997. */
  readonly date: string;
}

export const q14: ParameterizedQuery<Q14Parameters> = defineQuery<Q14Parameters>({
  number: 14,
  title: 'Promotion effect',
  validationRows: 1,
  validation: { date: '1995-09-01' },
  random: (random) => ({ date: pickMonth(random, 0, 59) }),
  sql: ({ date }) => `\
SELECT
  100.00 * sum(CASE WHEN p_type LIKE 'PROMO%' THEN l_extendedprice * (1 - l_discount) ELSE 0 END)
    / sum(l_extendedprice * (1 - l_discount)) AS promo_revenue
FROM lineitem, part
WHERE l_partkey = p_partkey
  AND l_shipdate >= DATE '${date}'
  AND l_shipdate < DATE '${date}' + INTERVAL '1' MONTH`,
});
