// Clock, counter, serial port and random numbers of the nRF51822.

#include <BoardSupport.h>

// Each unit is started by a task, and says by an event that something is done.
#define START 1u

#define CLOCK_CRYSTAL_START REGISTER(0x40000000)
#define CLOCK_CRYSTAL_STARTED REGISTER(0x40000100)

// UART 0, and the pin that the micro:bit's USB chip listens to.
#define UART_TRANSMIT_START REGISTER(0x40002008)
#define UART_TRANSMIT_READY REGISTER(0x4000211C)
#define UART_ENABLE REGISTER(0x40002500)
#define UART_ENABLE_ON 4u
#define UART_PIN REGISTER(0x4000250C)
#define UART_PIN_TO_USB 24u
#define UART_DATA REGISTER(0x4000251C)
#define UART_BAUD_RATE REGISTER(0x40002524)
#define UART_BAUD_RATE_115200 0x01D7E000u
#define PIN_DIRECTION_OUTPUT REGISTER(0x50000518)
#define PIN_SET REGISTER(0x50000508)

// Timer 0, the one of 32 bits. It is read by capturing it.
#define TIMER_START REGISTER(0x40008000)
#define TIMER_CAPTURE REGISTER(0x40008040)
#define TIMER_WIDTH REGISTER(0x40008508)
#define TIMER_WIDTH_32 3u
#define TIMER_PRESCALER REGISTER(0x40008510)
#define TIMER_CAPTURED REGISTER(0x40008540)

#define RANDOM_START REGISTER(0x4000D000)
#define RANDOM_READY REGISTER(0x4000D100)
#define RANDOM_CONFIGURATION REGISTER(0x4000D504)
#define RANDOM_CONFIGURATION_CORRECT_BIAS 1u
#define RANDOM_VALUE REGISTER(0x4000D508)

const uint32_t board_clock_hertz = 16000000;

void board_start(void) {
  // The serial port needs the crystal's exactness. Without it the program runs all the same.
  CLOCK_CRYSTAL_START = START;
  for (uint32_t i = 0; i < 100000 && CLOCK_CRYSTAL_STARTED == 0; i++) {}

  PIN_SET = 1u << UART_PIN_TO_USB;
  PIN_DIRECTION_OUTPUT = 1u << UART_PIN_TO_USB;
  UART_PIN = UART_PIN_TO_USB;
  UART_BAUD_RATE = UART_BAUD_RATE_115200;
  UART_ENABLE = UART_ENABLE_ON;
  UART_TRANSMIT_START = START;

  TIMER_WIDTH = TIMER_WIDTH_32;
  TIMER_PRESCALER = 0;
  TIMER_START = START;

  RANDOM_CONFIGURATION = RANDOM_CONFIGURATION_CORRECT_BIAS;
  RANDOM_START = START;
}

uint32_t board_counter(void) {
  TIMER_CAPTURE = START;
  return TIMER_CAPTURED;
}

void board_console_put(uint8_t byte) {
  UART_TRANSMIT_READY = 0;
  UART_DATA = byte;
  while (UART_TRANSMIT_READY == 0) {}
}

bool random_fill(uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    // A byte takes less than a millisecond.
    uint32_t start = board_counter();
    while (RANDOM_READY == 0) {
      if (board_counter() - start > board_clock_hertz / 10) return false;
    }
    bytes[i] = (uint8_t)RANDOM_VALUE;
    RANDOM_READY = 0;
  }
  return true;
}
