// Static memory for the scenarios. In C, because the Swift compiler takes minutes over a global inline
// array of this size (time grows with the square of it; 16 KiB take seconds).
#pragma once

#include <stdint.h>

enum { SCENARIO_MEMORY_SIZE = 11 * 70400 };

uint8_t *scenario_memory(void);
