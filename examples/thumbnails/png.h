/* PNG images of 8 bits a channel, not interlaced: to pixels and back. */
#ifndef PNG_H
#define PNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint32_t width, height;
  uint8_t *pixels; /* red, green, blue, alpha */
} image;

typedef struct {
  uint8_t *data;
  size_t size;
} bytes;

/* NULL, or what is wrong. The caller frees the pixels. */
const char *png_decode(bytes file, image *result);

/* The caller frees the data; NULL where there is no memory. */
bytes png_encode(const image *from);

#endif
