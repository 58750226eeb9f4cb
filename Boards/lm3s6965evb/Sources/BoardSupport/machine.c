// Clock, counter and serial port of the LM3S6965.

#include <CortexM.h>

// System control.
#define SYSTEM_INTERRUPT_STATE REGISTER(0x400FE050)
#define SYSTEM_PLL_LOCKED (1u << 6)
#define SYSTEM_CLOCK REGISTER(0x400FE060)
#define SYSTEM_CLOCK_DIVIDE_BY(number) ((((number) - 1u) << 23) | (1u << 22))
#define SYSTEM_CLOCK_PLL_OFF (1u << 13)
#define SYSTEM_CLOCK_BYPASS_PLL (1u << 11)
#define SYSTEM_CLOCK_CRYSTAL_8_MEGAHERTZ (14u << 6)
#define SYSTEM_CLOCK_CRYSTAL (0u << 4)
#define GATES_0 REGISTER(0x400FE100)
#define GATE_WATCHDOG (1u << 3)
#define GATES_1 REGISTER(0x400FE104)
#define GATE_UART_0 (1u << 0)
#define GATES_2 REGISTER(0x400FE108)
#define GATE_PORT_A (1u << 0)
#define GATE_PORT_F (1u << 5)
#define GATE_ETHERNET ((1u << 30) | (1u << 28))

// Port A: the pins of UART 0 are the lowest two. Port F: the lamps of the Ethernet socket.
#define PORT_A_FUNCTION REGISTER(0x40004420)
#define PORT_A_DIGITAL REGISTER(0x4000451C)
#define PORT_A_UART 3u
#define PORT_F_FUNCTION REGISTER(0x40025420)
#define PORT_F_DIGITAL REGISTER(0x4002551C)
#define PORT_F_LAMPS 12u

// UART 0: Arm PL011.
#define UART_DATA REGISTER(0x4000C000)
#define UART_STATE REGISTER(0x4000C018)
#define UART_STATE_TRANSMIT_FULL (1u << 5)
#define UART_BAUD_DIVIDER REGISTER(0x4000C024)
#define UART_BAUD_FRACTION REGISTER(0x4000C028)
#define UART_FORMAT REGISTER(0x4000C02C)
#define UART_FORMAT_8_BITS_FIFO ((3u << 5) | (1u << 4))
#define UART_CONTROL REGISTER(0x4000C030)
#define UART_CONTROL_TRANSMIT ((1u << 8) | (1u << 0))

// Watchdog: a counter that goes down. It resets nothing unless it is told to.
#define WATCHDOG_RELOAD REGISTER(0x40000000)
#define WATCHDOG_VALUE REGISTER(0x40000004)
#define WATCHDOG_CONTROL REGISTER(0x40000008)
#define WATCHDOG_CONTROL_COUNT (1u << 0)

/// 200 MHz of the PLL, divided by four.
const uint32_t board_clock_hertz = 50000000;

static void start_clock(void) {
  // First without the PLL, from the crystal; then with it when it is steady.
  uint32_t clock = SYSTEM_CLOCK_DIVIDE_BY(4) | SYSTEM_CLOCK_CRYSTAL_8_MEGAHERTZ | SYSTEM_CLOCK_CRYSTAL;
  SYSTEM_CLOCK = clock | SYSTEM_CLOCK_BYPASS_PLL | SYSTEM_CLOCK_PLL_OFF;
  SYSTEM_CLOCK = clock | SYSTEM_CLOCK_BYPASS_PLL;
  for (uint32_t i = 0; i < 100000 && (SYSTEM_INTERRUPT_STATE & SYSTEM_PLL_LOCKED) == 0; i++) {}
  SYSTEM_CLOCK = clock;
}

void board_start(void) {
  start_clock();
  GATES_0 |= GATE_WATCHDOG;
  GATES_1 |= GATE_UART_0;
  GATES_2 |= GATE_PORT_A | GATE_PORT_F | GATE_ETHERNET;
  // A unit answers a few cycles after it got its clock.
  (void)GATES_2;
  (void)GATES_2;

  PORT_A_FUNCTION |= PORT_A_UART;
  PORT_A_DIGITAL |= PORT_A_UART;
  PORT_F_FUNCTION |= PORT_F_LAMPS;
  PORT_F_DIGITAL |= PORT_F_LAMPS;

  // 50 MHz / (16 * 115200) = 27 + 8/64.
  UART_BAUD_DIVIDER = 27;
  UART_BAUD_FRACTION = 8;
  UART_FORMAT = UART_FORMAT_8_BITS_FIFO;
  UART_CONTROL = UART_CONTROL_TRANSMIT;

  WATCHDOG_RELOAD = UINT32_MAX;
  WATCHDOG_CONTROL = WATCHDOG_CONTROL_COUNT;
}

uint32_t board_counter(void) { return ~WATCHDOG_VALUE; }

void board_console_put(uint8_t byte) {
  while (UART_STATE & UART_STATE_TRANSMIT_FULL) {}
  UART_DATA = byte;
}
