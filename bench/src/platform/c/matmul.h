/* c = a * b, for n * n matrices of 64-bit integers: what the function and the native programs have in common. */
#include <stdint.h>

static void multiply(const int64_t *restrict a, const int64_t *restrict b, int64_t *restrict c, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    for (uint32_t j = 0; j < n; j++) c[i * n + j] = 0;
    for (uint32_t k = 0; k < n; k++) {
      int64_t factor = a[i * n + k];
      for (uint32_t j = 0; j < n; j++) c[i * n + j] += factor * b[k * n + j];
    }
  }
}
