/** A matrix as text, a row on each line, to 64-bit integers in memory. */
import type { Inputs, Outputs } from '@pappus/platform';

export const inputs = ['texts'];
export const outputs = ['matrices'];

export default function ({ texts }: Inputs<'texts'>): Outputs<'matrices'> {
  return {
    matrices: texts.map((item) => {
      const { name, key } = item;
      const rows = item.text().trim().split('\n').map((line) => line.trim().split(/\s+/).map(BigInt));
      if (rows.some((row) => row.length !== rows.length)) throw new RangeError(`${name} is not square`);
      return { name, key, data: new BigInt64Array(rows.flat()) };
    }),
  };
}
