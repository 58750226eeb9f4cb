// SysTick as a stopwatch for instructions. QEMU with `-icount shift=0` makes one instruction one nanosecond, and the
// timer counts at 25 MHz: a tick is 40 instructions.

#ifndef STOPWATCH_H
#define STOPWATCH_H

#include <stdint.h>

enum { STOPWATCH_INSTRUCTIONS_PER_TICK = 40 };

/// Takes SysTick from the millisecond clock, which stands still from here on. No interrupt comes any more.
void stopwatch_start(void);

/// The ticks so far. Wraps after 2^24, which is 671 million instructions.
uint32_t stopwatch_ticks(void);

/// The ticks between two readings.
static inline uint32_t stopwatch_difference(uint32_t first, uint32_t second) { return (second - first) & 0xFFFFFF; }

/// Runs 2 * `rounds` instructions, to see whether the ticks count them.
void stopwatch_run_known_loop(uint32_t rounds);

#endif
