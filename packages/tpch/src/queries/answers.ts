/** Official answers at scale factor 1 with the validation parameters (TPC-H answer set; clause 2.4.1.5 and 2.4.6.5). */

/** Query 1, all columns as the answer set prints them: sums and averages with two decimals. */
export const Q01_ANSWER: readonly (readonly string[])[] = [
  ['A', 'F', '37734107.00', '56586554400.73', '53758257134.87', '55909065222.83', '25.52', '38273.13', '0.05', '1478493'],
  ['N', 'F', '991417.00', '1487504710.38', '1413082168.05', '1469649223.19', '25.52', '38284.47', '0.05', '38854'],
  ['N', 'O', '74476040.00', '111701729697.74', '106118230307.61', '110367043872.50', '25.50', '38249.12', '0.05', '2920374'],
  ['R', 'F', '37719753.00', '56568041380.90', '53741292684.60', '55889619119.83', '25.51', '38250.85', '0.05', '1478870'],
];

export const Q06_ANSWER = '123141078.23';

/** Rows of each table at scale factor 1 (clause 4.2.5.1; lineitem as dbgen generates it). */
export const SF1_ROWS = {
  region: 5,
  nation: 25,
  supplier: 10_000,
  customer: 150_000,
  part: 200_000,
  partsupp: 800_000,
  orders: 1_500_000,
  lineitem: 6_001_215,
} as const;
