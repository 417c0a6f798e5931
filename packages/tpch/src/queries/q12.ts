/** Query 12: shipping modes and order priority (specification, clause 2.4.12). */
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { pickShipModes, pickYear } from './parameters.ts';

export interface Q12Parameters {
  readonly mode1: string;
  /** Another mode. */
  readonly mode2: string;
  /** January 1st of 1993 to 1997. */
  readonly date: string;
}

export const q12: ParameterizedQuery<Q12Parameters> = defineQuery<Q12Parameters>({
  number: 12,
  title: 'Shipping modes and order priority',
  validationRows: 2,
  validation: { mode1: 'MAIL', mode2: 'SHIP', date: '1994-01-01' },
  random: (random) => {
    const [mode1 = '', mode2 = ''] = pickShipModes(random, 2);
    return { mode1, mode2, date: pickYear(random) };
  },
  sql: ({ mode1, mode2, date }) => `\
SELECT
  l_shipmode,
  sum(CASE WHEN o_orderpriority = '1-URGENT' OR o_orderpriority = '2-HIGH' THEN 1 ELSE 0 END) AS high_line_count,
  sum(CASE WHEN o_orderpriority <> '1-URGENT' AND o_orderpriority <> '2-HIGH' THEN 1 ELSE 0 END) AS low_line_count
FROM orders, lineitem
WHERE o_orderkey = l_orderkey
  AND l_shipmode IN ('${mode1}', '${mode2}')
  AND l_commitdate < l_receiptdate
  AND l_shipdate < l_commitdate
  AND l_receiptdate >= DATE '${date}'
  AND l_receiptdate < DATE '${date}' + INTERVAL '1' YEAR
GROUP BY l_shipmode
ORDER BY l_shipmode`,
});
