#ifndef SCENARIO_CONSOLE_H
#define SCENARIO_CONSOLE_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

// Embedded Swift cannot import Glibc, so what the Linux runner needs of it is wrapped here.

/// Writes all of `bytes` to standard output, in as many writes as that takes. Ends the process with
/// exit code 2 when it cannot: results that nobody sees must not count as passed.
static inline void scenario_console_write(const uint8_t *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(STDOUT_FILENO, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(2);
    bytes += written;
    count -= (size_t)written;
  }
}

/// Ends the process.
static inline void scenario_console_exit(int status) { _exit(status); }

#endif
