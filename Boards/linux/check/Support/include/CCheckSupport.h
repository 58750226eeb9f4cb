// What the port check of this computer needs beside the port itself, for Embedded Swift.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A name is a C string, of bytes as Swift has them.

/// The word behind `name` on the command line, NULL when it is not there.
const char *check_option(const uint8_t *name);
/// Whether the command line has an odd word or an option that is none of `names`, each of which ends with a zero; the
/// last one is followed by another zero.
bool check_is_unknown(const uint8_t *names);
bool check_is_same(const char *text, const uint8_t *other);
/// Reads `127.0.0.1:5683`.
bool check_read_place(const char *text, uint8_t address[4], uint16_t *port);

/// Writes to standard output at once.
void check_write(const uint8_t *bytes, size_t count);
void check_complain(const uint8_t *text);
_Noreturn void check_exit(int32_t code);

/// Allows this process so few descriptors that connections which are never closed run out of them.
void check_limit_descriptors(int32_t count);
void check_sleep(uint32_t milliseconds);
/// Ends a connection in both directions.
void check_shut_both(int32_t descriptor);
/// Makes closing a reset, which drops what waits.
void check_reset_at_close(int32_t descriptor);
