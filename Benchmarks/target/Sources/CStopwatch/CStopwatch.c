#include "CStopwatch.h"

#include <CortexM.h>

#define SYSTICK_CONTROL REGISTER(0xE000E010)
#define SYSTICK_CONTROL_ENABLE (1u << 0)
#define SYSTICK_CONTROL_PROCESSOR_CLOCK (1u << 2)
#define SYSTICK_RELOAD REGISTER(0xE000E014)
#define SYSTICK_VALUE REGISTER(0xE000E018)
#define SYSTICK_LARGEST 0xFFFFFFu

void stopwatch_start(void) {
  __asm__ volatile("cpsid i" ::: "memory");
  SYSTICK_CONTROL = 0;
  SYSTICK_RELOAD = SYSTICK_LARGEST;
  SYSTICK_VALUE = 0;
  SYSTICK_CONTROL = SYSTICK_CONTROL_PROCESSOR_CLOCK | SYSTICK_CONTROL_ENABLE;
  // The first tick loads the largest value.
  while (SYSTICK_VALUE == 0) {}
}

// It counts down.
uint32_t stopwatch_ticks(void) { return SYSTICK_LARGEST - SYSTICK_VALUE; }

void stopwatch_run_known_loop(uint32_t rounds) {
  __asm__ volatile(
      "1: subs %0, %0, #1\n"
      "bne 1b\n"
      : "+r"(rounds)::"cc");
}
