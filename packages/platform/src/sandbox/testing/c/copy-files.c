/* The program `copy` of the compliance suite, with nothing but the C library: files, folders and the sidecar of keys. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static void copy(const char *from, const char *to) {
  FILE *in = fopen(from, "rb");
  FILE *out = fopen(to, "wb");
  if (!in || !out) exit(1);
  char buffer[4096];
  size_t count;
  while ((count = fread(buffer, 1, sizeof buffer, in)) > 0) fwrite(buffer, 1, count, out);
  fclose(in);
  if (fclose(out) != 0) exit(2);
}

int main(void) {
  DIR *folder = opendir("/in");
  if (!folder) return 3;
  for (struct dirent *entry; (entry = readdir(folder));) {
    char from[2048], to[2048];
    snprintf(from, sizeof from, "/in/%s", entry->d_name);
    snprintf(to, sizeof to, "/out/%s", entry->d_name);
    copy(from, to);
  }
  closedir(folder);
  copy("/.keys/in", "/.keys/out");
  return 0;
}
