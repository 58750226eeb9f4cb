#ifndef CFUZZ_H
#define CFUZZ_H

#include <stddef.h>
#include <stdint.h>

// A decoder of CoAP over TCP for the tests alone, written from RFC 8323 section 3.2, RFC 7252 section 3 and RFC 8974
// section 2.1. It shares nothing with the core.

enum reference_result {
  REFERENCE_COMPLETE,
  REFERENCE_INCOMPLETE,
  REFERENCE_BAD_TOKEN_LENGTH,
  REFERENCE_BAD_EMPTY,
  REFERENCE_BAD_OPTION,
  REFERENCE_BAD_MARKER,
};

enum { REFERENCE_OPTIONS = 512 };

struct reference_option {
  uint16_t number;
  uint32_t offset, length;
};

struct reference_message {
  // Of the whole message; more than 32 bits are possible.
  uint64_t size;
  uint8_t code;
  uint32_t token_offset, token_length;
  // All of them; only the first REFERENCE_OPTIONS are in the list.
  uint32_t option_count;
  struct reference_option options[REFERENCE_OPTIONS];
  uint32_t payload_offset, payload_length;
};

// Reads the first message of some bytes. A result that is an error may come before the message is complete.
enum reference_result reference_decode(
    const uint8_t *bytes, size_t count, uint32_t longest_token, struct reference_message *message);

// Calls of malloc and its relatives, in the sanitizer's allocator, between these two.
void allocations_start(void);
int allocations_stop(void);

// What libFuzzer calls, and how it is begun.
int fuzz_run(int *argc, char ***argv, int (*test)(const uint8_t *, size_t));

#endif
