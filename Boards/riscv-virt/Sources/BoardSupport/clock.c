// Clock and sleep, by the processor's timer.

#include "BoardSupport.h"
#include "registers.h"

#define TICKS (TIMER_HERTZ / 1000)

static uint64_t ticks(void) {
  uint32_t high, low;
  do {
    high = TIMER_HIGH;
    low = TIMER_LOW;
  } while (high != TIMER_HIGH);
  return (uint64_t)high << 32 | low;
}

uint32_t board_milliseconds(void) {
  uint64_t now = ticks();
  uint32_t high = (uint32_t)(now >> 32), low = (uint32_t)now;
  // A division of 64 bits by hand, 16 bits at a time, for the C library has none; the upper half is not wanted.
  uint32_t upper = (high % TICKS) << 16 | low >> 16;
  uint32_t lower = (upper % TICKS) << 16 | (low & 0xFFFF);
  return (upper / TICKS) << 16 | lower / TICKS;
}

void board_sleep(void) {
  uint64_t alarm = ticks() + TICKS;
  // Never in the past on the way.
  TIMER_ALARM_HIGH = UINT32_MAX;
  TIMER_ALARM_LOW = (uint32_t)alarm;
  TIMER_ALARM_HIGH = (uint32_t)(alarm >> 32);
  // An interrupt that comes after the look is pending and not taken: the sleep ends before it begins.
  if (ethernet_is_idle()) __asm__ volatile("wfi" ::: "memory");
}
