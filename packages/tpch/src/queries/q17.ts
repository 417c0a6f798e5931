/** Query 17: small-quantity-order revenue (specification, clause 2.4.17). */
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { pickBrand, pickContainer } from './parameters.ts';

export interface Q17Parameters {
  readonly brand: string;
  /** P_CONTAINER. */
  readonly container: string;
}

export const q17: ParameterizedQuery<Q17Parameters> = defineQuery<Q17Parameters>({
  number: 17,
  title: 'Small-quantity-order revenue',
  validationRows: 1,
  validation: { brand: 'Brand#23', container: 'MED BOX' },
  random: (random) => ({ brand: pickBrand(random), container: pickContainer(random) }),
  sql: ({ brand, container }) => `\
SELECT sum(l_extendedprice) / 7.0 AS avg_yearly
FROM lineitem, part
WHERE p_partkey = l_partkey
  AND p_brand = '${brand}'
  AND p_container = '${container}'
  AND l_quantity < (
    SELECT 0.2 * avg(l_quantity)
    FROM lineitem
    WHERE l_partkey = p_partkey
  )`,
});
