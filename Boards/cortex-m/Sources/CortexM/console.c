#include "CortexM.h"

void board_console_write(const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (bytes[i] == '\n') board_console_put('\r');
    board_console_put(bytes[i]);
  }
}

void board_console_write_text(const char *text) {
  size_t count = 0;
  while (text[count] != 0) count++;
  board_console_write((const uint8_t *)text, count);
}

void board_console_write_hexadecimal(uint32_t value) {
  uint8_t digits[10] = {'0', 'x'};
  for (int i = 0; i < 8; i++) {
    digits[2 + i] = (uint8_t)"0123456789abcdef"[(value >> (28 - 4 * i)) & 15];
  }
  board_console_write(digits, sizeof digits);
}
