/* Prints what it was given: arguments, environment, stdin, the time. Then it fails as its first argument says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

__attribute__((noinline)) static int divide(int a, int b) { return a / b; }

int main(int argc, char **argv) {
  char line[256];
  for (int i = 1; i < argc; i++) printf("argument %s\n", argv[i]);
  printf("HOME=%s\n", getenv("HOME") ? getenv("HOME") : "nowhere");
  while (fgets(line, sizeof line, stdin)) printf("line %s", line);
  printf("time %lld\n", (long long)time(NULL));
  fflush(stdout);
  const char *how = argc > 1 ? argv[1] : "well";
  if (strcmp(how, "exit") == 0) return 42;
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "divide") == 0) return divide(argc, argc - 2);
  return 0;
}
