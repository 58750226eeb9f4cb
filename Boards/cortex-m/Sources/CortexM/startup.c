// From reset to `main`: vector table, memory, clock, sleep.

#include "CortexM.h"
#include "registers.h"

extern int main(void);
void fault_handler(void);

/// What unused stack holds, so that its deepest use can be read afterwards.
#define STACK_PAINT 0xC0A95D4Bu

// The clock is a counter that runs by itself: an interrupt that comes late, or on a busy host not at all, costs
// no time. The interrupt once a millisecond ends sleeps, and looks at the counter long before it wraps.
static uint32_t milliseconds;
/// The counter when the last of them was full.
static uint32_t last_count;

uint32_t board_milliseconds(void) {
  uint32_t masked;
  __asm__ volatile("mrs %0, primask\ncpsid i" : "=r"(masked)::"memory");
  uint32_t tick = board_clock_hertz / 1000;
  uint32_t passed = (board_counter() - last_count) / tick;
  last_count += passed * tick;
  uint32_t now = milliseconds += passed;
  __asm__ volatile("msr primask, %0" ::"r"(masked) : "memory");
  return now;
}

static void systick_handler(void) { board_milliseconds(); }

static void unexpected_interrupt(void) {
  board_console_write_text("fault: unexpected exception ");
  board_console_write_hexadecimal(SCB_INTERRUPT_STATE & 0x1FF);
  board_console_write_text("\n");
  board_reset();
}

// No access to the vectors, where null pointers lead, nor to the 64 MiB below the stack. The
// processor's own reads of the vectors and the fault handler are not subject to this.
static void protect_memory(void) {
  if (MPU_TYPE == 0) return;
  MPU_REGION_BASE = 0 | MPU_REGION_BASE_SELECT(0);
  MPU_REGION_ATTRIBUTES = MPU_REGION_NO_ACCESS(10);
  MPU_REGION_BASE = ((uint32_t)(uintptr_t)stack_bottom - (64u << 20)) | MPU_REGION_BASE_SELECT(1);
  MPU_REGION_ATTRIBUTES = MPU_REGION_NO_ACCESS(26);
  MPU_CONTROL = MPU_CONTROL_ENABLE | MPU_CONTROL_DEFAULT_ELSEWHERE;
  __asm__ volatile("dsb\nisb" ::: "memory");
}

// The processor has loaded the stack pointer from the vector table. Nothing here may rely on .data
// or .bss before they are filled.
_Noreturn void reset_handler(void) {
  // All of the stack but the little that this function uses below its frame.
  volatile uint32_t *end_of_paint = (uint32_t *)__builtin_frame_address(0) - 32;
  for (volatile uint32_t *word = stack_bottom; word < end_of_paint; word++) *word = STACK_PAINT;

  const uint32_t *image = data_image;
  for (uint32_t *word = data_start; word < data_end; word++) *word = *image++;
  for (uint32_t *word = bss_start; word < bss_end; word++) *word = 0;

  protect_memory();
#if __ARM_ARCH == 6
  // Code for a core that cannot read a word at an odd address: one that can is to fault as well. Such a core has the
  // bit already.
  SCB_CONFIGURATION |= SCB_CONFIGURATION_TRAP_UNALIGNED;
#endif

  board_start();

  SYSTICK_RELOAD = board_clock_hertz / 1000 - 1;
  SYSTICK_VALUE = 0;
  SYSTICK_CONTROL =
      SYSTICK_CONTROL_PROCESSOR_CLOCK | SYSTICK_CONTROL_INTERRUPT | SYSTICK_CONTROL_ENABLE;

  main();
  for (;;) __asm__ volatile("wfi");
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

void board_sleep(void) {
  // No interrupt is taken between the look and the sleep; the sleep ends for one all the same. The chip's own
  // is not even taken after it.
  __asm__ volatile("cpsid i" ::: "memory");
  bool is_idle = ethernet_is_idle();
  NVIC_CLEAR_PENDING(ethernet_interrupt) = NVIC_BIT(ethernet_interrupt);
  NVIC_ENABLE(ethernet_interrupt) = NVIC_BIT(ethernet_interrupt);
  if (is_idle) __asm__ volatile("dsb\nwfi" ::: "memory");
  NVIC_DISABLE(ethernet_interrupt) = NVIC_BIT(ethernet_interrupt);
  __asm__ volatile("cpsie i" ::: "memory");
}

_Noreturn void board_reset(void) {
  __asm__ volatile("dsb" ::: "memory");
  SCB_RESET_CONTROL = SCB_RESET_CONTROL_REQUEST;
  for (;;) {}
}

typedef union {
  void (*handler)(void);
  const void *address;
} vector;

// 16 entries of the architecture, and more interrupts than any of the boards has.
__attribute__((section(".vectors"), used)) static const vector vectors[16 + 64] = {
    {.address = stack_top},
    {.handler = reset_handler},
    {.handler = unexpected_interrupt},  // non-maskable interrupt
    {.handler = fault_handler},         // hard fault, to which the next three escalate
    {.handler = fault_handler},         // memory management fault
    {.handler = fault_handler},         // bus fault
    {.handler = fault_handler},         // usage fault
    [7 ... 14] = {.handler = unexpected_interrupt},
    {.handler = systick_handler},
    [16 ... 79] = {.handler = unexpected_interrupt},
};
