#include "CSizeProbe.h"

__attribute__((noinline)) int32_t probe_read(uint8_t *bytes, size_t count) {
  return bytes != NULL ? (int32_t)count : 0;
}

__attribute__((noinline)) int32_t probe_write(const uint8_t *bytes, size_t count) {
  return bytes != NULL ? (int32_t)count : 0;
}

__attribute__((noinline)) uint32_t probe_now(void) {
  static volatile uint32_t now;
  return now;
}

// A board's C library has these.
void *memmove(void *target, const void *source, size_t count) { return count ? target : (void *)source; }
void *memcpy(void *target, const void *source, size_t count) { return count ? target : (void *)source; }
void *memset(void *target, int value, size_t count) { return count + (size_t)value ? target : NULL; }
void __aeabi_memmove(void *target, const void *source, size_t count) { memmove(target, source, count); }
void __aeabi_memcpy(void *target, const void *source, size_t count) { memmove(target, source, count); }
void __aeabi_memcpy4(void *target, const void *source, size_t count) { memmove(target, source, count); }
void __aeabi_memclr(void *target, size_t count) { memset(target, 0, count); }
void __aeabi_memclr4(void *target, size_t count) { memset(target, 0, count); }
void __aeabi_memclr8(void *target, size_t count) { memset(target, 0, count); }
uint32_t __atomic_load_4(const volatile void *word, int order) {
  return *(const volatile uint32_t *)word + (uint32_t)(order & 0);
}
void __aeabi_memset(void *target, size_t count, int value) { memset(target, value, count); }
uint32_t __aeabi_uidiv(uint32_t number, uint32_t divisor) { return divisor ? number : 0; }
uint64_t __aeabi_uidivmod(uint32_t number, uint32_t divisor) { return divisor ? number : 0; }
