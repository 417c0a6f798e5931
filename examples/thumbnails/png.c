/* PNG (RFC 2083) with its inflate (RFC 1951). The encoder stores its data uncompressed: thumbnails are small. */
#include "png.h"
#include <stdlib.h>
#include <string.h>

#define MAX_SIDE 16384

static uint32_t big_endian(const uint8_t *at) { return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]; }

/* --- inflate --- */

typedef struct {
  const uint8_t *data;
  size_t size, at;
  uint32_t bits;
  int count;
  uint8_t *out;
  size_t out_size, out_at;
  int failed;
} stream;

static uint32_t take(stream *s, int count) {
  while (s->count < count) {
    if (s->at == s->size) {
      s->failed = 1;
      return 0;
    }
    s->bits |= (uint32_t)s->data[s->at++] << s->count;
    s->count += 8;
  }
  uint32_t value = s->bits & ((1u << count) - 1);
  s->bits >>= count;
  s->count -= count;
  return value;
}

static void put(stream *s, uint8_t byte) {
  if (s->out_at == s->out_size) s->failed = 1;
  else s->out[s->out_at++] = byte;
}

/* A canonical Huffman code: how many codes of each length, and the symbols in the order of their codes. */
typedef struct {
  uint16_t lengths[16], symbols[288];
} code;

static void build(code *c, const uint8_t *lengths, int count) {
  uint16_t starts[16] = {0};
  memset(c->lengths, 0, sizeof c->lengths);
  for (int i = 0; i < count; i++) c->lengths[lengths[i]]++;
  c->lengths[0] = 0;
  for (int i = 1; i < 16; i++) starts[i] = starts[i - 1] + c->lengths[i - 1];
  for (int i = 0; i < count; i++)
    if (lengths[i]) c->symbols[starts[lengths[i]]++] = (uint16_t)i;
}

static int symbol(stream *s, const code *c) {
  int value = 0, first = 0, index = 0;
  for (int length = 1; length < 16 && !s->failed; length++) {
    value |= (int)take(s, 1);
    int count = c->lengths[length];
    if (value - first < count) return c->symbols[index + value - first];
    index += count;
    first = (first + count) << 1;
    value <<= 1;
  }
  s->failed = 1;
  return 0;
}

static const uint16_t LENGTH_BASE[29] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t LENGTH_BITS[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const uint16_t DISTANCE_BASE[30] = {1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};

static void block(stream *s, const code *literals, const code *distances) {
  while (!s->failed) {
    int value = symbol(s, literals);
    if (value < 256) {
      put(s, (uint8_t)value);
      continue;
    }
    if (value == 256) return;
    value -= 257;
    if (value >= 29) break;
    size_t length = LENGTH_BASE[value] + take(s, LENGTH_BITS[value]);
    int which = symbol(s, distances);
    if (which >= 30) break;
    size_t distance = DISTANCE_BASE[which] + take(s, which < 2 ? 0 : which / 2 - 1);
    if (distance > s->out_at) break;
    while (length-- && !s->failed) put(s, s->out[s->out_at - distance]);
  }
  s->failed = 1;
}

static void stored(stream *s) {
  s->bits = 0;
  s->count = 0;
  if (s->size - s->at < 4) {
    s->failed = 1;
    return;
  }
  size_t length = s->data[s->at] | (size_t)s->data[s->at + 1] << 8;
  s->at += 4;
  if (s->size - s->at < length) s->failed = 1;
  while (length-- && !s->failed) put(s, s->data[s->at++]);
}

static void fixed(stream *s) {
  uint8_t lengths[288];
  for (int i = 0; i < 288; i++) lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
  code literals, distances;
  build(&literals, lengths, 288);
  memset(lengths, 5, 30);
  build(&distances, lengths, 30);
  block(s, &literals, &distances);
}

static void dynamic(stream *s) {
  static const uint8_t ORDER[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  int literal_count = (int)take(s, 5) + 257, distance_count = (int)take(s, 5) + 1, count = (int)take(s, 4) + 4;
  uint8_t lengths[320] = {0};
  for (int i = 0; i < count; i++) lengths[ORDER[i]] = (uint8_t)take(s, 3);
  code codes, literals, distances;
  build(&codes, lengths, 19);
  for (int i = 0; i < literal_count + distance_count && !s->failed;) {
    int value = symbol(s, &codes);
    if (value < 16) {
      lengths[i++] = (uint8_t)value;
      continue;
    }
    if (value == 16 && i == 0) s->failed = 1;
    uint8_t repeated = value == 16 && i > 0 ? lengths[i - 1] : 0;
    int times = value == 16 ? 3 + (int)take(s, 2) : value == 17 ? 3 + (int)take(s, 3) : 11 + (int)take(s, 7);
    if (i + times > literal_count + distance_count) s->failed = 1;
    while (times-- && !s->failed) lengths[i++] = repeated;
  }
  if (literal_count > 286 || distance_count > 30) s->failed = 1;
  if (s->failed) return;
  build(&literals, lengths, literal_count);
  build(&distances, lengths + literal_count, distance_count);
  block(s, &literals, &distances);
}

/* Whether the zlib stream filled the output exactly. */
static int inflate(const uint8_t *data, size_t size, uint8_t *out, size_t out_size) {
  stream s = {data, size, 2, 0, 0, out, out_size, 0, 0};
  if (size < 2 || (data[0] & 15) != 8) return 0;
  for (uint32_t last = 0; !last && !s.failed;) {
    last = take(&s, 1);
    switch (take(&s, 2)) {
      case 0: stored(&s); break;
      case 1: fixed(&s); break;
      case 2: dynamic(&s); break;
      default: s.failed = 1;
    }
  }
  return !s.failed && s.out_at == out_size;
}

/* --- decoding --- */

static uint8_t paeth(int a, int b, int c) {
  int pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c);
  return (uint8_t)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
}

/* Rows are differences to their neighbours: back to samples, in place. */
static int unfilter(uint8_t *rows, uint32_t width, uint32_t height, uint32_t channels) {
  size_t stride = (size_t)width * channels;
  for (uint32_t y = 0; y < height; y++) {
    uint8_t *row = rows + y * (stride + 1), *now = row + 1, *above = y > 0 ? now - stride - 1 : NULL;
    if (row[0] > 4) return 0;
    for (size_t x = 0; x < stride; x++) {
      int a = x >= channels ? now[x - channels] : 0, b = above ? above[x] : 0, c = above && x >= channels ? above[x - channels] : 0;
      int guess = row[0] == 0 ? 0 : row[0] == 1 ? a : row[0] == 2 ? b : row[0] == 3 ? (a + b) / 2 : paeth(a, b, c);
      now[x] = (uint8_t)(now[x] + guess);
    }
  }
  return 1;
}

typedef struct {
  uint8_t colours[256][4];
  uint32_t width, height;
  int kind, channels;
  uint8_t *data; /* all IDAT chunks in a row */
  size_t size;
} png;

static const char *read_header(png *p, const uint8_t *at) {
  p->width = big_endian(at);
  p->height = big_endian(at + 4);
  p->kind = at[9];
  p->channels = p->kind == 0 || p->kind == 3 ? 1 : p->kind == 2 ? 3 : p->kind == 4 ? 2 : p->kind == 6 ? 4 : 0;
  if (at[8] != 8 || p->channels == 0 || at[12] != 0) return "only 8 bits a channel, not interlaced, are understood";
  return p->width == 0 || p->height == 0 || p->width > MAX_SIDE || p->height > MAX_SIDE ? "strange size" : NULL;
}

static const char *read_chunks(png *p, bytes file) {
  static const uint8_t SIGNATURE[8] = {137, 80, 78, 71, 13, 10, 26, 10};
  if (file.size < 8 || memcmp(file.data, SIGNATURE, 8) != 0) return "no PNG image";
  for (size_t at = 8; at + 12 <= file.size;) {
    uint32_t length = big_endian(file.data + at);
    const uint8_t *type = file.data + at + 4, *body = type + 4;
    if (length > file.size - at - 12) return "cut short";
    const char *problem = NULL;
    if (!memcmp(type, "IHDR", 4)) problem = length == 13 ? read_header(p, body) : "strange header";
    else if (!memcmp(type, "PLTE", 4)) for (uint32_t i = 0; i < length && i < 768; i++) p->colours[i / 3][i % 3] = body[i];
    else if (!memcmp(type, "tRNS", 4) && p->kind == 3) for (uint32_t i = 0; i < length && i < 256; i++) p->colours[i][3] = body[i];
    else if (!memcmp(type, "IDAT", 4)) {
      memcpy(p->data + p->size, body, length);
      p->size += length;
    }
    if (problem) return problem;
    if (!memcmp(type, "IEND", 4)) break;
    at += length + 12;
  }
  return p->channels == 0 ? "no header" : NULL;
}

static void to_colours(const png *p, const uint8_t *rows, uint8_t *pixels) {
  size_t stride = (size_t)p->width * (size_t)p->channels;
  for (uint32_t y = 0; y < p->height; y++) {
    const uint8_t *from = rows + y * (stride + 1) + 1;
    for (uint32_t x = 0; x < p->width; x++, from += p->channels, pixels += 4) {
      const uint8_t grey[4] = {from[0], from[0], from[0], p->kind == 4 ? from[1] : 255};
      const uint8_t *colour = p->kind == 3 ? p->colours[from[0]] : p->kind == 0 || p->kind == 4 ? grey : from;
      memcpy(pixels, colour, 4);
      if (p->kind == 2) pixels[3] = 255;
    }
  }
}

static const char *decode(png *p, bytes file, image *result) {
  const char *problem = read_chunks(p, file);
  if (problem) return problem;
  size_t room = ((size_t)p->width * (size_t)p->channels + 1) * p->height;
  uint8_t *rows = malloc(room + 4), *pixels = malloc((size_t)p->width * p->height * 4);
  if (!rows || !pixels) problem = "too large for this memory";
  else if (!inflate(p->data, p->size, rows, room)) problem = "damaged data";
  else if (!unfilter(rows, p->width, p->height, (uint32_t)p->channels)) problem = "strange filter";
  else to_colours(p, rows, pixels);
  free(rows);
  result->width = p->width;
  result->height = p->height;
  result->pixels = pixels;
  if (problem) free(pixels);
  return problem;
}

const char *png_decode(bytes file, image *result) {
  png p;
  memset(&p, 0, sizeof p);
  for (int i = 0; i < 256; i++) p.colours[i][3] = 255;
  p.data = malloc(file.size + 1);
  if (!p.data) return "too large for this memory";
  const char *problem = decode(&p, file, result);
  free(p.data);
  return problem;
}

/* --- encoding --- */

static uint32_t crc(const uint8_t *data, size_t size) {
  uint32_t value = 0xffffffff;
  for (size_t i = 0; i < size; i++) {
    value ^= data[i];
    for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value;
}

static uint8_t *put_number(uint8_t *at, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) *at++ = (uint8_t)(value >> shift);
  return at;
}

/* The body stands at its place already. */
static uint8_t *put_chunk(uint8_t *at, const char *type, size_t length) {
  put_number(at, (uint32_t)length);
  memcpy(at + 4, type, 4);
  return put_number(at + 8 + length, crc(at + 4, length + 4));
}

/* A zlib stream of stored blocks. */
static uint8_t *put_stored(uint8_t *at, const uint8_t *data, size_t size) {
  uint32_t a = 1, b = 0;
  for (size_t i = 0; i < size; i++) {
    a = (a + data[i]) % 65521;
    b = (b + a) % 65521;
  }
  *at++ = 0x78;
  *at++ = 0x01;
  for (size_t done = 0; done < size;) {
    size_t length = size - done < 65535 ? size - done : 65535;
    const uint8_t head[5] = {done + length == size, (uint8_t)length, (uint8_t)(length >> 8), (uint8_t)~length, (uint8_t)(~length >> 8)};
    memcpy(at, head, 5);
    memcpy(at + 5, data + done, length);
    at += 5 + length;
    done += length;
  }
  return put_number(at, b << 16 | a);
}

bytes png_encode(const image *from) {
  static const uint8_t SIGNATURE[8] = {137, 80, 78, 71, 13, 10, 26, 10};
  size_t stride = (size_t)from->width * 4, size = (stride + 1) * from->height;
  bytes result = {malloc(size + size / 65535 * 5 + 128), 0};
  uint8_t *rows = malloc(size + 1);
  if (!result.data || !rows || !from->pixels) {
    free(result.data);
    free(rows);
    return (bytes){NULL, 0};
  }
  for (uint32_t y = 0; y < from->height; y++) {
    rows[y * (stride + 1)] = 0;
    memcpy(rows + y * (stride + 1) + 1, from->pixels + y * stride, stride);
  }
  uint8_t *at = result.data;
  memcpy(at, SIGNATURE, 8);
  at += 8;
  put_number(put_number(at + 8, from->width), from->height);
  memcpy(at + 16, (const uint8_t[5]){8, 6, 0, 0, 0}, 5);
  at = put_chunk(at, "IHDR", 13);
  at = put_chunk(at, "IDAT", (size_t)(put_stored(at + 8, rows, size) - at - 8));
  at = put_chunk(at, "IEND", 0);
  free(rows);
  result.size = (size_t)(at - result.data);
  return result;
}
