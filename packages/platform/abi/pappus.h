/*
 * The lean interface of Pappus functions, for C and C++. No C library is needed.
 *
 *   clang --target=wasm32 -O3 -nostdlib -Wl,--no-entry -o double.wasm double.c
 *
 *   #include "pappus.h"
 *   PAPPUS_FUNCTION(input) {                              // pappus_sets *input; the result is a pappus_sets *
 *     pappus_set *numbers = &input->sets[0];
 *     pappus_sets *output = pappus_output(1);             // one set, as declared
 *     for (uint32_t i = 0; i < numbers->item_count; i++) {
 *       pappus_item *item = pappus_add(&output->sets[0], numbers->items[i].name, numbers->items[i].name_bytes);
 *       item->key = numbers->items[i].key;
 *       item->data = numbers->items[i].data;              // may point into the input: nothing is copied
 *       item->data_bytes = numbers->items[i].data_bytes;
 *     }
 *     return output;
 *   }
 *
 * Define PAPPUS_LIBC before the include when the program links a C library: memory then comes from its malloc.
 * Without, it comes from a bump allocator, and nothing is ever freed: each run begins with fresh memory anyway.
 */
#ifndef PAPPUS_H
#define PAPPUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Names and data are not terminated by a NUL byte. */
typedef struct {
  const char *name;
  uint32_t name_bytes;
  uint32_t key;
  const uint8_t *data; /* 16-byte aligned in the input */
  uint32_t data_bytes;
} pappus_item;

typedef struct {
  const char *name; /* not read in the output */
  uint32_t name_bytes;
  pappus_item *items;
  uint32_t item_count;
} pappus_set;

typedef struct {
  pappus_set *sets; /* in the order of the declaration */
  uint32_t set_count;
} pappus_sets;

#ifndef __cplusplus
_Static_assert(sizeof(pappus_item) == 20 && sizeof(pappus_set) == 16 && sizeof(pappus_sets) == 8, "the layout is for wasm32");
#endif

#define PAPPUS_EXPORT(name) __attribute__((export_name(name), visibility("default"), used))

#ifdef PAPPUS_LIBC
#include <stdlib.h>
static inline void *pappus_take(size_t bytes) { return malloc(bytes); }
#else
extern unsigned char __heap_base;
static uintptr_t pappus_top;

/* Room for `bytes`, 16-byte aligned, or NULL when the memory is at its limit. */
static inline void *pappus_take(size_t bytes) {
  if (pappus_top == 0) pappus_top = ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15;
  uint64_t end = (uint64_t)pappus_top + (((uint64_t)bytes + 15) & ~(uint64_t)15);
  uint64_t size = (uint64_t)__builtin_wasm_memory_size(0) << 16;
  if (end > size && __builtin_wasm_memory_grow(0, (size_t)((end - size + 65535) >> 16)) == (size_t)-1) return NULL;
  void *start = (void *)pappus_top;
  pappus_top = (uintptr_t)end;
  return start;
}
#endif

/* Room for `count` things of `bytes` each; the program ends where there is none. */
static inline void *pappus_need(size_t count, size_t bytes) {
  if (bytes != 0 && count > (size_t)-1 / bytes) __builtin_trap();
  void *room = pappus_take(count * bytes);
  if (room == NULL) __builtin_trap();
  return room;
}

/* An output of `set_count` empty sets. */
static inline pappus_sets *pappus_output(uint32_t set_count) {
  pappus_sets *output = (pappus_sets *)pappus_need(1, sizeof(pappus_sets));
  output->sets = (pappus_set *)pappus_need(set_count, sizeof(pappus_set));
  output->set_count = set_count;
  for (uint32_t i = 0; i < set_count; i++) {
    pappus_set empty = {NULL, 0, NULL, 0};
    output->sets[i] = empty;
  }
  return output;
}

/* A new item at the end of `set`, with key 0 and no data. Earlier items of the set may move: keep no pointers to them. */
static inline pappus_item *pappus_add(pappus_set *set, const char *name, uint32_t name_bytes) {
  uint32_t count = set->item_count;
  /* Room doubles: there is some left unless the count is a power of two. */
  if ((count & (count - 1)) == 0) {
    pappus_item *room = (pappus_item *)pappus_need(count == 0 ? 1 : (size_t)count * 2, sizeof(pappus_item));
    for (uint32_t i = 0; i < count; i++) room[i] = set->items[i];
    set->items = room;
  }
  pappus_item item = {name, name_bytes, 0, NULL, 0};
  set->items[count] = item;
  set->item_count = count + 1;
  return &set->items[count];
}

/* Defined by PAPPUS_FUNCTION. */
pappus_sets *pappus_function(pappus_sets *input);

#define PAPPUS_FUNCTION(input)                                                                                     \
  PAPPUS_EXPORT("pappus_alloc") void *pappus_export_alloc(size_t bytes) { return pappus_take(bytes); }             \
  PAPPUS_EXPORT("pappus_run") pappus_sets *pappus_export_run(pappus_sets *sets) { return pappus_function(sets); }  \
  pappus_sets *pappus_function(pappus_sets *input)

#ifdef __cplusplus
}
#endif

#endif
