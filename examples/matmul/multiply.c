/*
 * Products of square matrices of 64-bit integers, on the lean interface: the input is in memory when it starts, and no
 * byte of it is copied. An item is a matrix in rows, little-endian; the n-th of `left` is multiplied by the n-th of `right`.
 *
 *   clang --target=wasm32 -O3 -fno-builtin -nostdlib -Wl,--no-entry,--strip-debug -I ../../packages/platform/abi -o multiply.wasm multiply.c
 */
#include "pappus.h"

static uint32_t side_of(const pappus_item *item) {
  uint32_t side = 0;
  while (side < 8192 && side * side * 8 < item->data_bytes) side++;
  return side * side * 8 == item->data_bytes ? side : 0;
}

/* Rows of `b` are walked in order, so that the inner loop is one pass over memory. */
static void multiply(const int64_t *restrict a, const int64_t *restrict b, int64_t *restrict to, uint32_t side) {
  for (uint32_t row = 0; row < side; row++) {
    int64_t *sums = to + (size_t)row * side;
    for (uint32_t column = 0; column < side; column++) sums[column] = 0;
    for (uint32_t k = 0; k < side; k++) {
      int64_t factor = a[(size_t)row * side + k];
      const int64_t *other = b + (size_t)k * side;
      for (uint32_t column = 0; column < side; column++) sums[column] += factor * other[column];
    }
  }
}

PAPPUS_FUNCTION(input) {
  pappus_set *left = &input->sets[0], *right = &input->sets[1];
  pappus_sets *output = pappus_output(1);
  if (left->item_count != right->item_count) __builtin_trap();
  for (uint32_t i = 0; i < left->item_count; i++) {
    const pappus_item *a = &left->items[i], *b = &right->items[i];
    uint32_t side = side_of(a);
    if (side == 0 || side != side_of(b)) __builtin_trap();
    int64_t *product = pappus_need((size_t)side * side, sizeof(int64_t));
    multiply((const int64_t *)a->data, (const int64_t *)b->data, product, side);
    pappus_item *item = pappus_add(&output->sets[0], a->name, a->name_bytes);
    item->key = a->key;
    item->data = (const uint8_t *)product;
    item->data_bytes = a->data_bytes;
  }
  return output;
}
