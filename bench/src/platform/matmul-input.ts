/** Two 128 × 128 matrices of 64-bit integers, and whether an answer is their product. */

export const SIZE = 128;
export const PRODUCT_BYTES: number = SIZE * SIZE * 8;
/** Products of two, summed over a row, stay below 2^53: plain numbers are exact. */
const BELOW = 1_000_003;

export function matmulInput(): Uint8Array {
  const words = new BigInt64Array(2 * SIZE * SIZE);
  for (let index = 0; index < words.length; index++) words[index] = BigInt((index * 7_919 + 17) % BELOW) - 500_000n;
  return new Uint8Array(words.buffer);
}

export function isProduct(input: Uint8Array, answer: Uint8Array): boolean {
  if (answer.length !== PRODUCT_BYTES) return false;
  const factors = Array.from(new BigInt64Array(input.slice().buffer), Number);
  const product = new BigInt64Array(answer.slice().buffer);
  const at = (index: number): number => factors[index] ?? Number.NaN;
  for (let row = 0; row < SIZE; row++) {
    for (let column = 0; column < SIZE; column++) {
      let sum = 0;
      for (let k = 0; k < SIZE; k++) sum += at(row * SIZE + k) * at(SIZE * SIZE + k * SIZE + column);
      if (Number(product[row * SIZE + column]) !== sum) return false;
    }
  }
  return true;
}
