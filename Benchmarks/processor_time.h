// How long a process has run.
#pragma once
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// Reads the nanoseconds that a process has run, in user mode and in the kernel; false when it is gone.
static inline bool read_processor_time(const char *process, uint64_t *nanoseconds) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/schedstat", process);
  FILE *file = fopen(path, "r");
  if (file == NULL) return false;
  bool is_read = fscanf(file, "%" SCNu64, nanoseconds) == 1;
  fclose(file);
  return is_read;
}
