/*
 * A platform function: the item holds two square matrices of 64-bit integers, the output item is their product.
 * From the root of the repository:
 *
 *   clang --target=wasm32 -O3 -msimd128 -mbulk-memory -nostdlib -Wl,--no-entry -Wl,--strip-debug -Ipackages/platform/abi \
 *     -o bench/src/platform/c/matmul.wasm bench/src/platform/c/matmul.c
 */
#include "pappus.h"
#include "matmul.h"

PAPPUS_FUNCTION(input) {
  const pappus_item *item = &input->sets[0].items[0];
  uint32_t words = item->data_bytes / 8, n = 0;
  while (2 * (n + 1) * (n + 1) <= words) n++;
  const int64_t *a = (const int64_t *)item->data;
  int64_t *product = pappus_need((size_t)n * n, sizeof(int64_t));
  multiply(a, a + n * n, product, n);
  pappus_sets *output = pappus_output(1);
  pappus_item *result = pappus_add(&output->sets[0], item->name, item->name_bytes);
  result->data = (const uint8_t *)product;
  result->data_bytes = n * n * 8;
  return output;
}
