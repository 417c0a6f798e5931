/** Query 11: important stock identification (specification, clause 2.4.11). */
import { defineQuery, type ParameterizedQuery } from './definition.ts';
import { pickNation } from './parameters.ts';

/** As SQL needs it: without an exponent. */
const fractionAt = (scaleFactor: number): string => (0.0001 / scaleFactor).toFixed(12);

export interface Q11Parameters {
  readonly nation: string;
  /** 0.0001 divided by the scale factor. */
  readonly fraction: string;
}

export const q11: ParameterizedQuery<Q11Parameters> = defineQuery<Q11Parameters>({
  number: 11,
  title: 'Important stock identification',
  validationRows: 1048,
  validation: { nation: 'GERMANY', fraction: fractionAt(1) },
  random: (random, scaleFactor) => ({ nation: pickNation(random), fraction: fractionAt(scaleFactor) }),
  scaled: (parameters, scaleFactor) => ({ ...parameters, fraction: fractionAt(scaleFactor) }),
  sql: ({ nation, fraction }) => `\
SELECT ps_partkey, sum(ps_supplycost * ps_availqty) AS value
FROM partsupp, supplier, nation
WHERE ps_suppkey = s_suppkey
  AND s_nationkey = n_nationkey
  AND n_name = '${nation}'
GROUP BY ps_partkey
HAVING sum(ps_supplycost * ps_availqty) > (
  SELECT sum(ps_supplycost * ps_availqty) * ${fraction}
  FROM partsupp, supplier, nation
  WHERE ps_suppkey = s_suppkey
    AND s_nationkey = n_nationkey
    AND n_name = '${nation}'
)
ORDER BY value DESC`,
});
