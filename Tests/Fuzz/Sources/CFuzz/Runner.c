#include "CFuzz.h"

#include <stdlib.h>

static volatile int is_counting, count, shows;

void __sanitizer_print_stack_trace(void);

static void on_malloc(const volatile void *memory, size_t size) {
  (void)memory, (void)size;
  if (!is_counting) return;
  count++;
  if (shows) {
    is_counting = 0;
    __sanitizer_print_stack_trace();
    is_counting = 1;
  }
}

static void on_free(const volatile void *memory) { (void)memory; }

int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void *, size_t), void (*free_hook)(const volatile void *));

void allocations_start(void) {
  static int is_installed;
  if (!is_installed) is_installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
  // To see where an allocation comes from.
  shows = getenv("FUZZ_SHOW_ALLOCATIONS") != 0;
  count = 0;
  is_counting = 1;
}

int allocations_stop(void) {
  is_counting = 0;
  return count;
}

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *, size_t));

int fuzz_run(int *argc, char ***argv, int (*test)(const uint8_t *, size_t)) {
  return LLVMFuzzerRunDriver(argc, argv, test);
}
