// From reset to `main`: stack, memory, console. Interrupts are never taken, they only end sleeps.

#include "BoardSupport.h"
#include "registers.h"

extern int main(void);
void trap_entry(void);

/// What unused stack holds, so that its deepest use can be read afterwards.
#define STACK_PAINT 0xC0A95D4Bu

// Flash can only be read and executed, RAM never executed; null pointers lead to a page without access.
static void protect_memory(void) {
  WRITE_CSR("pmpaddr0", (4096u >> 3) - 1);
  WRITE_CSR("pmpaddr1", flash_protection);
  WRITE_CSR("pmpaddr2", ram_protection);
  WRITE_CSR("pmpcfg0", PROTECTION(0) | PROTECTION(ALLOW_READ | ALLOW_EXECUTE) << 8 |
                           PROTECTION(ALLOW_READ | ALLOW_WRITE) << 16);
}

// Nothing here may rely on .data or .bss before they are filled.
__attribute__((used)) static _Noreturn void start(void) {
  // All of the stack but the little that this function uses below its frame.
  volatile uint32_t *end_of_paint = (uint32_t *)__builtin_frame_address(0) - 32;
  for (volatile uint32_t *word = stack_bottom; word < end_of_paint; word++) *word = STACK_PAINT;

  const uint32_t *image = data_image;
  for (uint32_t *word = data_start; word < data_end; word++) *word = *image++;
  for (uint32_t *word = bss_start; word < bss_end; word++) *word = 0;

  protect_memory();

  UART_LINE_CONTROL = UART_LINE_SELECT_DIVIDER;
  UART_DIVIDER_LOW = UART_HERTZ / 16 / 115200;
  UART_DIVIDER_HIGH = 0;
  UART_LINE_CONTROL = UART_LINE_8_BITS;
  UART_FIFO_CONTROL = UART_FIFO_ENABLE;

  WRITE_CSR("mie", INTERRUPT_OF_TIMER | INTERRUPT_OF_DEVICES);

  main();
  for (;;) board_sleep();
}

// Where the processor begins, with interrupts off.
__attribute__((naked, section(".reset"), used)) void reset_entry(void) {
  __asm__ volatile(
      CSR("la sp, stack_top\n"
          "la t0, trap_entry\n"
          "csrw mtvec, t0\n"
          "la t0, fault_stack_top\n"
          "csrw mscratch, t0\n"
          "tail %0") ::"i"(start));
}

uint32_t board_stack_size(void) {
  return (uint32_t)((uintptr_t)stack_top - (uintptr_t)stack_bottom);
}

uint32_t board_stack_used(void) {
  const volatile uint32_t *word = stack_bottom;
  while (word < stack_top && *word == STACK_PAINT) word++;
  return (uint32_t)((uintptr_t)stack_top - (uintptr_t)word);
}

uint8_t *board_provisioning_start(void) { return board_provisioning; }

size_t board_provisioning_size(void) { return (size_t)(board_provisioning_end - board_provisioning); }

// The alignment is that of a trap handler, see fault.c.
__attribute__((aligned(4))) _Noreturn void board_reset(void) {
  TEST_FINISHER = TEST_FINISHER_RESET;
  for (;;) {}
}
