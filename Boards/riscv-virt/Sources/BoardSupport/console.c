#include "BoardSupport.h"
#include "registers.h"

static void write_byte(uint8_t byte) {
  while ((UART_LINE_STATE & UART_LINE_TRANSMIT_EMPTY) == 0) {}
  UART_DATA = byte;
}

void board_console_write(const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (bytes[i] == '\n') write_byte('\r');
    write_byte(bytes[i]);
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
