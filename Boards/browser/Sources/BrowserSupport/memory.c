#include "BrowserSupport.h"

// Zero at first, so none of it is in the module's file.
static uint8_t inbox[4 + BROWSER_LARGEST_MESSAGE];
static uint8_t scratch[BROWSER_SCRATCH_SIZE];
static uint8_t assembly[BROWSER_SCRATCH_SIZE];
static uint8_t receive[BROWSER_LARGEST_MESSAGE + 4];
static uint8_t transmit[2 * BROWSER_LARGEST_MESSAGE];

uint8_t *browser_inbox(void) { return inbox + 4; }
uint8_t *browser_scratch(void) { return scratch; }
uint8_t *browser_assembly(void) { return assembly; }
uint8_t *browser_receive(void) { return receive; }
uint8_t *browser_transmit(void) { return transmit; }

// There is no C library; each of these is one instruction of WebAssembly.
__attribute__((target("bulk-memory")))
void *memmove(void *target, const void *source, size_t count) {
  return __builtin_memmove(target, source, count);
}

__attribute__((target("bulk-memory")))
void *memcpy(void *target, const void *source, size_t count) {
  return __builtin_memcpy(target, source, count);
}

__attribute__((target("bulk-memory")))
void *memset(void *target, int value, size_t count) { return __builtin_memset(target, value, count); }
