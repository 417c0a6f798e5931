/** 64-bit integers in memory to a matrix as text. */
import type { Inputs, Outputs } from '@pappus/platform';

export const inputs = ['matrices'];
export const outputs = ['texts'];

export default function ({ matrices }: Inputs<'matrices'>): Outputs<'texts'> {
  return { texts: matrices.map(({ name, key, data }) => ({ name, key, data: printed(new BigInt64Array(data.slice().buffer)) })) };
}

function printed(values: BigInt64Array): string {
  const side = Math.sqrt(values.length);
  const width = Math.max(...Array.from(values, (value) => String(value).length));
  const rows = Array.from({ length: side }, (_, row) => Array.from(values.subarray(row * side, (row + 1) * side), (value) => String(value).padStart(width)).join(' '));
  return `${rows.join('\n')}\n`;
}
