/** Query 2: minimum cost supplier (specification, clause 2.4.2). */
import { randomInt } from '@pappus/core';
import { TYPE_METALS } from '../generator/distributions.ts';
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { pick, pickRegion } from './parameters.ts';

export interface Q02Parameters {
  /** P_SIZE, 1 to 50. */
  readonly size: number;
  /** The last word of P_TYPE. */
  readonly metal: string;
  readonly region: string;
}

export const q02: ParameterizedQuery<Q02Parameters> = defineQuery<Q02Parameters>({
  number: 2,
  title: 'Minimum cost supplier',
  validationRows: 100,
  validation: { size: 15, metal: 'BRASS', region: 'EUROPE' },
  random: (random) => ({ size: randomInt(random, 1, 50), metal: pick(random, TYPE_METALS), region: pickRegion(random) }),
  sql: ({ size, metal, region }) => `\
SELECT s_acctbal, s_name, n_name, p_partkey, p_mfgr, s_address, s_phone, s_comment
FROM part, supplier, partsupp, nation, region
WHERE p_partkey = ps_partkey
  AND s_suppkey = ps_suppkey
  AND p_size = ${size}
  AND p_type LIKE '%${metal}'
  AND s_nationkey = n_nationkey
  AND n_regionkey = r_regionkey
  AND r_name = '${region}'
  AND ps_supplycost = (
    SELECT min(ps_supplycost)
    FROM partsupp, supplier, nation, region
    WHERE p_partkey = ps_partkey
      AND s_suppkey = ps_suppkey
      AND s_nationkey = n_nationkey
      AND n_regionkey = r_regionkey
      AND r_name = '${region}'
  )
ORDER BY s_acctbal DESC, n_name, s_name, p_partkey
LIMIT 100`,
});
