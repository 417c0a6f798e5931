/** Query 1: pricing summary report (specification, clause 2.4.1). */
import { randomInt } from '@pappus/core';
import { defineQuery, type ParameterizedQuery } from './definition.ts';

export interface Q01Parameters {
  /** Days before the last ship date, 60 to 120. */
  readonly deltaDays: number;
}

export const q01: ParameterizedQuery<Q01Parameters> = defineQuery<Q01Parameters>({
  number: 1,
  title: 'Pricing summary report',
  validationRows: 4,
  validation: { deltaDays: 90 },
  random: (random) => ({ deltaDays: randomInt(random, 60, 120) }),
  sql: ({ deltaDays }) => `\
SELECT
  l_returnflag,
  l_linestatus,
  sum(l_quantity) AS sum_qty,
  sum(l_extendedprice) AS sum_base_price,
  sum(l_extendedprice * (1 - l_discount)) AS sum_disc_price,
  sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)) AS sum_charge,
  avg(l_quantity) AS avg_qty,
  avg(l_extendedprice) AS avg_price,
  avg(l_discount) AS avg_disc,
  count(*) AS count_order
FROM lineitem
WHERE l_shipdate <= DATE '1998-12-01' - INTERVAL '${deltaDays}' DAY
GROUP BY l_returnflag, l_linestatus
ORDER BY l_returnflag, l_linestatus`,
});
