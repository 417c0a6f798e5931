/** Query 13: customer distribution (specification, clause 2.4.13). */
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { pick } from './parameters.ts';

const FIRST_WORDS = ['special', 'pending', 'unusual', 'express'];
const SECOND_WORDS = ['packages', 'requests', 'accounts', 'deposits'];

export interface Q13Parameters {
  /** Two words that a comment does not have in this order. */
  readonly word1: string;
  readonly word2: string;
}

export const q13: ParameterizedQuery<Q13Parameters> = defineQuery<Q13Parameters>({
  number: 13,
  title: 'Customer distribution',
  validationRows: 42,
  validation: { word1: 'special', word2: 'requests' },
  random: (random) => ({ word1: pick(random, FIRST_WORDS), word2: pick(random, SECOND_WORDS) }),
  sql: ({ word1, word2 }) => `\
SELECT c_count, count(*) AS custdist
FROM (
  SELECT c_custkey, count(o_orderkey) AS c_count
  FROM customer
  LEFT OUTER JOIN orders ON c_custkey = o_custkey AND o_comment NOT LIKE '%${word1}%${word2}%'
  GROUP BY c_custkey
) AS c_orders
GROUP BY c_count
ORDER BY custdist DESC, c_count DESC`,
});
