/** Query 19: discounted revenue (specification, clause 2.4.19). */
import { randomInt } from '@pappus/core';
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { pickBrand } from './parameters.ts';

export interface Q19Parameters {
  /** 1 to 10. */
  readonly quantity1: number;
  /** 10 to 20. */
  readonly quantity2: number;
  /** 20 to 30. */
  readonly quantity3: number;
  readonly brand1: string;
  readonly brand2: string;
  readonly brand3: string;
}

export const q19: ParameterizedQuery<Q19Parameters> = defineQuery<Q19Parameters>({
  number: 19,
  title: 'Discounted revenue',
  validationRows: 1,
  validation: { quantity1: 1, quantity2: 10, quantity3: 20, brand1: 'Brand#12', brand2: 'Brand#23', brand3: 'Brand#34' },
  random: (random) => ({
    quantity1: randomInt(random, 1, 10),
    quantity2: randomInt(random, 10, 20),
    quantity3: randomInt(random, 20, 30),
    brand1: pickBrand(random),
    brand2: pickBrand(random),
    brand3: pickBrand(random),
  }),
  sql: ({ quantity1, quantity2, quantity3, brand1, brand2, brand3 }) => `\
SELECT sum(l_extendedprice * (1 - l_discount)) AS revenue
FROM lineitem, part
WHERE (
    p_partkey = l_partkey
    AND p_brand = '${brand1}'
    AND p_container IN ('SM CASE', 'SM BOX', 'SM PACK', 'SM PKG')
    AND l_quantity >= ${quantity1} AND l_quantity <= ${quantity1} + 10
    AND p_size BETWEEN 1 AND 5
    AND l_shipmode IN ('AIR', 'AIR REG')
    AND l_shipinstruct = 'DELIVER IN PERSON'
  )
  OR (
    p_partkey = l_partkey
    AND p_brand = '${brand2}'
    AND p_container IN ('MED BAG', 'MED BOX', 'MED PKG', 'MED PACK')
    AND l_quantity >= ${quantity2} AND l_quantity <= ${quantity2} + 10
    AND p_size BETWEEN 1 AND 10
    AND l_shipmode IN ('AIR', 'AIR REG')
    AND l_shipinstruct = 'DELIVER IN PERSON'
  )
  OR (
    p_partkey = l_partkey
    AND p_brand = '${brand3}'
    AND p_container IN ('LG CASE', 'LG BOX', 'LG PACK', 'LG PKG')
    AND l_quantity >= ${quantity3} AND l_quantity <= ${quantity3} + 10
    AND p_size BETWEEN 1 AND 15
    AND l_shipmode IN ('AIR', 'AIR REG')
    AND l_shipinstruct = 'DELIVER IN PERSON'
  )`,
});
