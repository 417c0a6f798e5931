/** Query 16: parts/supplier relationship (specification, clause 2.4.16). */
import { TYPE_FINISHES, TYPE_SIZES } from '../generator/distributions.ts';
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { numbers, pick, pickBrand, pickDifferent } from './parameters.ts';

export interface Q16Parameters {
  /** Brand#11 to Brand#55. */
  readonly brand: string;
  /** The first two words of P_TYPE. */
  readonly typePrefix: string;
  /** Eight different sizes of 1 to 50. */
  readonly sizes: readonly number[];
}

export const q16: ParameterizedQuery<Q16Parameters> = defineQuery<Q16Parameters>({
  number: 16,
  title: 'Parts/supplier relationship',
  validationRows: 18314,
  validation: { brand: 'Brand#45', typePrefix: 'MEDIUM POLISHED', sizes: [49, 14, 23, 45, 19, 3, 36, 9] },
  random: (random) => ({
    brand: pickBrand(random),
    typePrefix: `${pick(random, TYPE_SIZES)} ${pick(random, TYPE_FINISHES)}`,
    sizes: pickDifferent(random, numbers(1, 50), 8),
  }),
  sql: ({ brand, typePrefix, sizes }) => `\
SELECT p_brand, p_type, p_size, count(DISTINCT ps_suppkey) AS supplier_cnt
FROM partsupp, part
WHERE p_partkey = ps_partkey
  AND p_brand <> '${brand}'
  AND p_type NOT LIKE '${typePrefix}%'
  AND p_size IN (${sizes.join(', ')})
  AND ps_suppkey NOT IN (
    SELECT s_suppkey
    FROM supplier
    WHERE s_comment LIKE '%Customer%Complaints%'
  )
GROUP BY p_brand, p_type, p_size
ORDER BY supplier_cnt DESC, p_brand, p_type, p_size`,
});
