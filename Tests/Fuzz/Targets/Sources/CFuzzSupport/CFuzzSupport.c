#include "CFuzzSupport.h"

#include <stdio.h>
#include <stdlib.h>

// The sanitizers' own interface (sanitizer/common_interface_defs.h, asan_interface.h, allocator_interface.h).
extern void __asan_poison_memory_region(const volatile void *start, size_t count);
extern void __asan_unpoison_memory_region(const volatile void *start, size_t count);
extern int __sanitizer_install_malloc_and_free_hooks(
    void (*on_malloc)(const volatile void *, size_t), void (*on_free)(const volatile void *));

// libFuzzer has threads of its own, which may allocate.
static _Thread_local int is_forbidden, is_counting;
static _Thread_local unsigned allocation_count;

void fuzz_violation(const char *text) {
  is_forbidden = is_counting = 0;
  fprintf(stderr, "violation: %s\n", text);
  abort();
}

static void on_malloc(const volatile void *memory, size_t count) {
  (void)memory;
  (void)count;
  if (is_counting) allocation_count++;
  if (is_forbidden) fuzz_violation("an allocation");
}

static void on_free(const volatile void *memory) { (void)memory; }

void fuzz_watch_allocation(void) {
  if (__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) == 0) {
    fuzz_violation("allocations cannot be watched");
  }
}

void fuzz_count_allocations(void) {
  allocation_count = 0;
  is_counting = 1;
}

unsigned fuzz_allocations(void) {
  is_counting = 0;
  return allocation_count;
}

void fuzz_forbid_allocation(void) { is_forbidden = 1; }
void fuzz_allow_allocation(void) { is_forbidden = 0; }

void fuzz_poison(const void *start, size_t count) { __asan_poison_memory_region(start, count); }
void fuzz_unpoison(const void *start, size_t count) { __asan_unpoison_memory_region(start, count); }

const char *fuzz_target_name(void) { return getenv("FUZZ_TARGET"); }

void fuzz_allocate(void) {
  void *volatile memory = malloc(1);
  free(memory);
}
