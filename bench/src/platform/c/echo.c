/* stdin to stdout: the least that a process or a container can do for a request. */
#include <unistd.h>

static char bytes[65536];

int main(void) {
  for (ssize_t got; (got = read(0, bytes, sizeof bytes)) > 0;) {
    for (ssize_t sent = 0; sent < got;) {
      ssize_t wrote = write(1, bytes + sent, (size_t)(got - sent));
      if (wrote <= 0) return 1;
      sent += wrote;
    }
  }
  return 0;
}
