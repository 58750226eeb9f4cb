// What fuzz targets need from the sanitizers.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Says which rule was broken and ends the process: libFuzzer keeps the input then.
__attribute__((noreturn)) void fuzz_violation(const char *_Nonnull text);

/// Before anything else about allocations.
void fuzz_watch_allocation(void);

/// Counts the allocations of this thread from now on, and says how many they were.
void fuzz_count_allocations(void);
unsigned fuzz_allocations(void);

/// From now on, an allocation in this thread is a violation.
void fuzz_forbid_allocation(void);
void fuzz_allow_allocation(void);

/// Whoever touches these bytes is stopped by the address sanitizer.
void fuzz_poison(const void *_Nonnull start, size_t count);
void fuzz_unpoison(const void *_Nonnull start, size_t count);

/// The target's name: what FUZZ_TARGET says.
const char *_Nullable fuzz_target_name(void);

/// Allocates and frees: for the target that proves that it is seen.
void fuzz_allocate(void);
