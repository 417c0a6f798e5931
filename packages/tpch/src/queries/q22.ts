/** Query 22: global sales opportunity (specification, clause 2.4.22). */
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { numbers, pickDifferent } from './parameters.ts';

export interface Q22Parameters {
  /** Seven different country codes of 10 to 34. */
  readonly countryCodes: readonly number[];
}

export const q22: ParameterizedQuery<Q22Parameters> = defineQuery<Q22Parameters>({
  number: 22,
  title: 'Global sales opportunity',
  validationRows: 7,
  validation: { countryCodes: [13, 31, 23, 29, 30, 18, 17] },
  random: (random) => ({ countryCodes: pickDifferent(random, numbers(10, 34), 7) }),
  sql: ({ countryCodes }) => {
    const codes = countryCodes.map((code) => `'${code}'`).join(', ');
    return `\
SELECT cntrycode, count(*) AS numcust, sum(c_acctbal) AS totacctbal
FROM (
  SELECT substring(c_phone FROM 1 FOR 2) AS cntrycode, c_acctbal
  FROM customer
  WHERE substring(c_phone FROM 1 FOR 2) IN (${codes})
    AND c_acctbal > (
      SELECT avg(c_acctbal)
      FROM customer
      WHERE c_acctbal > 0.00
        AND substring(c_phone FROM 1 FOR 2) IN (${codes})
    )
    AND NOT EXISTS (
      SELECT *
      FROM orders
      WHERE o_custkey = c_custkey
    )
) AS custsale
GROUP BY cntrycode
ORDER BY cntrycode`;
  },
});
