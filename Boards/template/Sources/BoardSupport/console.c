#include "BoardSupport.h"

#if __STDC_HOSTED__
// On a computer, where the template can be tried before there is a board.
#include <stdio.h>

void board_console_write(const uint8_t *bytes, size_t count) {
  fwrite(bytes, 1, count, stdout);
  fflush(stdout);
}
#else
// Step 0: the serial line of the board. Boards/mps2-an386/Sources/BoardSupport/machine.c is an example.
void board_console_write(const uint8_t *bytes, size_t count) {
  (void)bytes;
  (void)count;
}
#endif
