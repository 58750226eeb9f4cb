// Counter and serial port of the MPS2 board.

#include <CortexM.h>

// UART 0: Arm Cortex-M System Design Kit (CMSDK) APB UART.
#define UART_DATA REGISTER(0x40004000)
#define UART_STATE REGISTER(0x40004004)
#define UART_STATE_TRANSMIT_FULL (1u << 0)
#define UART_CONTROL REGISTER(0x40004008)
#define UART_CONTROL_TRANSMIT_ENABLE (1u << 0)
#define UART_BAUD_DIVIDER REGISTER(0x40004010)

// Timer 0: CMSDK APB timer, which counts down.
#define TIMER_CONTROL REGISTER(0x40000000)
#define TIMER_CONTROL_ENABLE (1u << 0)
#define TIMER_VALUE REGISTER(0x40000004)
#define TIMER_RELOAD REGISTER(0x40000008)

/// The clock of the processor and of the peripherals.
const uint32_t board_clock_hertz = 25000000;

void board_start(void) {
  UART_BAUD_DIVIDER = board_clock_hertz / 115200;
  UART_CONTROL = UART_CONTROL_TRANSMIT_ENABLE;

  TIMER_RELOAD = UINT32_MAX;
  TIMER_VALUE = UINT32_MAX;
  TIMER_CONTROL = TIMER_CONTROL_ENABLE;
}

uint32_t board_counter(void) { return ~TIMER_VALUE; }

void board_console_put(uint8_t byte) {
  while (UART_STATE & UART_STATE_TRANSMIT_FULL) {}
  UART_DATA = byte;
}
