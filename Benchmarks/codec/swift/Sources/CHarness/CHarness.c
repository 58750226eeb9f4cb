#include "CHarness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t get[] = {
    0xd4, 0x09, 0x01, 0xde, 0xad, 0xbe, 0xef,           // 0.01, token deadbeef
    0xb7, 's',  'e',  'n',  's',  'o',  'r',  's',      // Uri-Path
    0x04, 't',  'e',  'm',  'p',                        // Uri-Path
    0x46, 'u',  'n',  'i',  't',  '=',  'c',            // Uri-Query
    0x21, 0x32,                                         // Accept: 50, JSON
};

static const uint8_t content[] = {
    0xd4, 0x38, 0x45, 0xde, 0xad, 0xbe, 0xef,           // 2.05, token deadbeef
    0xc1, 0x32,                                         // Content-Format: 50, JSON
    0x21, 0x1e,                                         // Max-Age: 30 s
    0xff,
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47,
    48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
};

volatile const struct harness_input harness_input = {
    .get = {get, sizeof get},
    .content = {content, sizeof content},
    .token = {get + 3, 4},
    .path = {{get + 8, 7}, {get + 16, 4}},
    .query = {get + 21, 6},
    .payload = {content + 12, 64},
    .content_format = 50,
    .accept = 50,
    .max_age = 30,
};
volatile uint32_t harness_output;

static const char *const names[] = {
    [harness_parse_get] = "parse-get",         [harness_parse_content] = "parse-content",
    [harness_build_get] = "build-get",         [harness_build_content] = "build-content",
    [harness_dispatch_get] = "dispatch-get",   [harness_dispatch_content] = "dispatch-content",
};

void harness_fail(const char *reason) {
  fprintf(stderr, "%s\n", reason);
  exit(1);
}

enum harness_case harness_arguments(int argc, char **argv, uint32_t *count) {
  char *end = NULL;
  unsigned long number = argc == 3 ? strtoul(argv[2], &end, 10) : 0;
  if (number > 0 && number <= UINT32_MAX && *end == '\0') {
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
      if (strcmp(argv[1], names[index]) == 0) {
        *count = (uint32_t)number;
        return (enum harness_case)index;
      }
    }
  }
  harness_fail("usage: PROGRAM {parse,build,dispatch}-{get,content} COUNT");
}

enum harness_case harness_process_arguments(uint32_t *count) {
  static char text[256];
  char *arguments[3] = {0};
  int found = 0;
  FILE *file = fopen("/proc/self/cmdline", "r");
  size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
  if (file) fclose(file);
  for (size_t index = 0; index < length && found < 3; index += strlen(text + index) + 1) {
    arguments[found++] = text + index;
  }
  return harness_arguments(found, arguments, count);
}

void harness_check_parsed(enum harness_case selected) {
  uint32_t expected = selected == harness_parse_get
                          ? 11 + 7 + 's' + 11 + 4 + 't' + 15 + 6 + 'u' + 17 + 1 + 50
                          : 12 + 1 + 50 + 14 + 1 + 30 + 64;
  if (harness_output != expected) harness_fail("parsed something else than what was sent");
}

void harness_check_bytes(enum harness_case selected, const uint8_t *bytes, size_t count) {
  struct harness_bytes expected = selected == harness_build_get ? harness_get() : harness_content();
  if (count != expected.count || memcmp(bytes, expected.start, count) != 0) {
    harness_fail("the bytes are not the expected ones");
  }
}
