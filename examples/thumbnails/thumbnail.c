/*
 * Thumbnails of PNG images, as a plain C program: it reads the files below /image and writes files below /thumb. There
 * is no system: these folders are the input and the output set.
 *
 *   clang --target=wasm32-wasi --sysroot=/usr -O3 -Wl,--strip-debug -o thumbnail.wasm thumbnail.c png.c
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "png.h"

#define MAX_SIDE 64

/* Each pixel is the mean of those that it stands for. */
static image shrink(const image *from) {
  uint32_t longest = from->width > from->height ? from->width : from->height;
  uint32_t divisor = longest > MAX_SIDE ? longest : MAX_SIDE;
  image to = {from->width * MAX_SIDE / divisor, from->height * MAX_SIDE / divisor, NULL};
  if (to.width == 0) to.width = 1;
  if (to.height == 0) to.height = 1;
  to.pixels = malloc((size_t)to.width * to.height * 4);
  if (!to.pixels) return to;
  for (uint32_t y = 0; y < to.height; y++) {
    uint32_t top = (uint64_t)y * from->height / to.height, bottom = (uint64_t)(y + 1) * from->height / to.height;
    for (uint32_t x = 0; x < to.width; x++) {
      uint32_t left = (uint64_t)x * from->width / to.width, right = (uint64_t)(x + 1) * from->width / to.width;
      uint64_t sum[4] = {0, 0, 0, 0};
      for (uint32_t v = top; v < bottom; v++)
        for (uint32_t u = left; u < right; u++)
          for (int c = 0; c < 4; c++) sum[c] += from->pixels[((size_t)v * from->width + u) * 4 + c];
      uint64_t count = (uint64_t)(bottom - top) * (right - left);
      for (int c = 0; c < 4; c++) to.pixels[((size_t)y * to.width + x) * 4 + c] = (uint8_t)(sum[c] / count);
    }
  }
  return to;
}

static bytes read_file(const char *path) {
  bytes result = {NULL, 0};
  FILE *file = fopen(path, "rb");
  if (!file) return result;
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  if (size > 0 && (result.data = malloc((size_t)size))) result.size = fread(result.data, 1, (size_t)size, file);
  fclose(file);
  return result;
}

static int write_file(const char *path, bytes content) {
  FILE *file = fopen(path, "wb");
  if (!file) return 0;
  int ok = fwrite(content.data, 1, content.size, file) == content.size;
  return fclose(file) == 0 && ok;
}

static int thumbnail(const char *name) {
  char path[1024];
  snprintf(path, sizeof path, "/image/%s", name);
  bytes file = read_file(path);
  image whole;
  const char *problem = png_decode(file, &whole);
  free(file.data);
  if (problem) {
    fprintf(stderr, "%s: %s\n", name, problem);
    return 0;
  }
  image small = shrink(&whole);
  printf("%s: %u x %u to %u x %u\n", name, whole.width, whole.height, small.width, small.height);
  bytes encoded = png_encode(&small);
  snprintf(path, sizeof path, "/thumb/%s", name);
  int ok = encoded.data && write_file(path, encoded);
  free(whole.pixels);
  free(small.pixels);
  free(encoded.data);
  return ok;
}

int main(void) {
  DIR *folder = opendir("/image");
  if (!folder) return 2;
  int failures = 0;
  for (struct dirent *entry; (entry = readdir(folder));)
    if (entry->d_name[0] != '.' && !thumbnail(entry->d_name)) failures++;
  closedir(folder);
  return failures == 0 ? 0 : 1;
}
