#ifndef CORTEX_M_H
#define CORTEX_M_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "WordFIFO.h"

/// A register of the machine.
#define REGISTER(address) (*(volatile uint32_t *)(address))

// MARK: What this offers to a program

/// Writes `count` bytes to the serial console and returns when the last one is in the transmitter.
/// A line feed goes out as carriage return and line feed.
void board_console_write(const uint8_t *bytes, size_t count);

/// Writes the characters of `text` up to its final zero.
void board_console_write_text(const char *text);

/// Writes `value` as `0x` and eight hexadecimal digits.
void board_console_write_hexadecimal(uint32_t value);

/// Milliseconds since reset. Wraps to zero after 49.7 days.
uint32_t board_milliseconds(void);

/// Sleeps until a frame has come, or for a millisecond.
void board_sleep(void);

/// The size of the stack in bytes, from the linker script.
uint32_t board_stack_size(void);

/// The largest number of bytes of the stack that have been in use since reset.
uint32_t board_stack_used(void);

/// Resets the processor and everything around it.
_Noreturn void board_reset(void);

/// Seed and keys that were put into memory before the reset, and how many bytes that memory has.
uint8_t *board_provisioning_start(void);
size_t board_provisioning_size(void);

// MARK: What a board implements

/// The clock of the processor, after board_start().
extern const uint32_t board_clock_hertz;

/// Starts the clock, the counter and the serial port. The first function that is called.
void board_start(void);

/// A number that grows with every tick of the processor's clock, whatever else happens, and wraps.
uint32_t board_counter(void);

/// Waits until the serial port takes a byte, and gives it this one.
void board_console_put(uint8_t byte);

// The Ethernet chip. What the functions for frames do is said where they are used: clwip_machine in CLwIP.h.

/// The number of its interrupt, which only ends the sleep.
extern const uint8_t ethernet_interrupt;

/// Starts the chip. `address` is the hardware address that it gets if it has none, and then the one it has.
/// False when it does not answer.
bool ethernet_start(uint8_t address[6]);
size_t ethernet_begin_receive(void);
void ethernet_receive(uint8_t *bytes, size_t count);
void ethernet_end_receive(void);
bool ethernet_begin_send(size_t count);
void ethernet_send(const uint8_t *bytes, size_t count);
void ethernet_end_send(void);

/// Takes back the interrupt of frames that have come, and tells whether there is none of them left.
bool ethernet_is_idle(void);

#endif
