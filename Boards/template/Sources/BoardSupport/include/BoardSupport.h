#ifndef BOARD_SUPPORT_H
#define BOARD_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

/// Writes `count` bytes where a person can read them. It may block.
void board_console_write(const uint8_t *bytes, size_t count);

#endif
