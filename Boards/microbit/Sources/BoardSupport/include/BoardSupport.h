#ifndef BOARD_SUPPORT_H
#define BOARD_SUPPORT_H

// What the C code of this board implements for the program.
#include <CortexM.h>

/// Fills `count` bytes from the chip's random number generator. False when it does not answer.
bool random_fill(uint8_t *bytes, size_t count);

#endif
