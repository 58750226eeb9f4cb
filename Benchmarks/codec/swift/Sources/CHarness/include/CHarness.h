// What both programs of this benchmark share: their arguments, the messages, and the inputs and outputs
// that no optimiser can see through. Needs no library beyond the C library.

#ifndef CHARNESS_H
#define CHARNESS_H

#include <stddef.h>
#include <stdint.h>

enum harness_case {
  harness_parse_get,
  harness_parse_content,
  harness_build_get,
  harness_build_content,
  harness_dispatch_get,
  harness_dispatch_content,
};

struct harness_bytes {
  const uint8_t *start;
  size_t count;
};

// Everything is read through `volatile`, so that a program knows neither the values nor that they are
// the same in the next iteration: one load each, and nothing folded at compile time.
struct harness_input {
  struct harness_bytes get;      // the GET: 29 bytes
  struct harness_bytes content;  // the 2.05: 76 bytes
  struct harness_bytes token;
  struct harness_bytes path[2];
  struct harness_bytes query;
  struct harness_bytes payload;
  uint32_t content_format;
  uint32_t accept;
  uint32_t max_age;
};
extern volatile const struct harness_input harness_input;
extern volatile uint32_t harness_output;

static inline struct harness_bytes harness_read(volatile const struct harness_bytes *bytes) {
  struct harness_bytes copy = {bytes->start, bytes->count};
  return copy;
}
static inline struct harness_bytes harness_get(void) { return harness_read(&harness_input.get); }
static inline struct harness_bytes harness_content(void) { return harness_read(&harness_input.content); }
static inline struct harness_bytes harness_token(void) { return harness_read(&harness_input.token); }
static inline struct harness_bytes harness_path_first(void) { return harness_read(&harness_input.path[0]); }
static inline struct harness_bytes harness_path_second(void) { return harness_read(&harness_input.path[1]); }
static inline struct harness_bytes harness_query(void) { return harness_read(&harness_input.query); }
static inline struct harness_bytes harness_payload(void) { return harness_read(&harness_input.payload); }
static inline uint32_t harness_content_format(void) { return harness_input.content_format; }
static inline uint32_t harness_accept(void) { return harness_input.accept; }
static inline uint32_t harness_max_age(void) { return harness_input.max_age; }

// Takes the result of one iteration.
static inline void harness_consume(uint32_t result) { harness_output = result; }

// PROGRAM CASE COUNT: the case, and how often to do it. Ends the program when they make no sense.
enum harness_case harness_arguments(int argc, char **argv, uint32_t *count);
// The same from the arguments of this process, for programs that cannot reach theirs.
enum harness_case harness_process_arguments(uint32_t *count);

// These end the program when what an iteration led to is wrong.
// Parsing: the sum of number, length and first value byte over all options, and the length of the payload.
void harness_check_parsed(enum harness_case selected);
// Building and dispatching: the bytes.
void harness_check_bytes(enum harness_case selected, const uint8_t *bytes, size_t count);

_Noreturn void harness_fail(const char *reason);

#endif
