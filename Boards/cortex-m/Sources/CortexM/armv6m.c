// What the compiler calls on Armv6-M because the processor has no instruction for it. Names and results are those of
// the Run-time ABI for the Arm Architecture. Elsewhere this file is empty.

#if __ARM_ARCH == 6

#include <stdbool.h>
#include <stdint.h>

uint64_t __aeabi_uidivmod(uint32_t number, uint32_t divisor);
uint32_t __aeabi_uidiv(uint32_t number, uint32_t divisor);
uint64_t __aeabi_idivmod(int32_t number, int32_t divisor);
int32_t __aeabi_idiv(int32_t number, int32_t divisor);
uint64_t __aeabi_lmul(uint64_t one, uint64_t other);
uint32_t __atomic_load_4(const volatile void *word, int order);
void __atomic_store_4(volatile void *word, uint32_t value, int order);
bool __atomic_compare_exchange_4(volatile void *word, void *expected, uint32_t value, int success, int failure);

/// Two results in two registers: the first one is the low half.
static uint64_t pair(uint32_t quotient, uint32_t remainder) { return (uint64_t)remainder << 32 | quotient; }

// Bit by bit, and nothing is divided by zero: Swift checks that before.
uint64_t __aeabi_uidivmod(uint32_t number, uint32_t divisor) {
  uint32_t quotient = 0, remainder = 0;
  for (int bit = 31; bit >= 0; bit--) {
    uint32_t carry = remainder >> 31;
    remainder = remainder << 1 | ((number >> bit) & 1);
    if (carry || remainder >= divisor) {
      remainder -= divisor;
      quotient |= 1u << bit;
    }
  }
  return pair(quotient, remainder);
}

uint32_t __aeabi_uidiv(uint32_t number, uint32_t divisor) { return (uint32_t)__aeabi_uidivmod(number, divisor); }

// The remainder has the sign of the number.
uint64_t __aeabi_idivmod(int32_t number, int32_t divisor) {
  uint32_t top = number < 0 ? 0u - (uint32_t)number : (uint32_t)number;
  uint32_t bottom = divisor < 0 ? 0u - (uint32_t)divisor : (uint32_t)divisor;
  uint64_t result = __aeabi_uidivmod(top, bottom);
  uint32_t quotient = (uint32_t)result, remainder = (uint32_t)(result >> 32);
  return pair((number < 0) == (divisor < 0) ? quotient : 0u - quotient, number < 0 ? 0u - remainder : remainder);
}

int32_t __aeabi_idiv(int32_t number, int32_t divisor) { return (int32_t)__aeabi_idivmod(number, divisor); }

// The products of the halves, of which the one of both upper halves is beyond 64 bits. Each half again in two, for the
// processor keeps only 32 bits of a product.
uint64_t __aeabi_lmul(uint64_t one, uint64_t other) {
  uint32_t a = (uint32_t)one, b = (uint32_t)other;
  uint32_t low = (a & 0xFFFF) * (b & 0xFFFF);
  uint32_t middle = (a >> 16) * (b & 0xFFFF) + (low >> 16);
  uint32_t other_middle = (a & 0xFFFF) * (b >> 16) + (middle & 0xFFFF);
  uint32_t high = (a >> 16) * (b >> 16) + (middle >> 16) + (other_middle >> 16);
  high += a * (uint32_t)(other >> 32) + (uint32_t)(one >> 32) * b;
  return (uint64_t)high << 32 | (other_middle << 16 | (low & 0xFFFF));
}

// What global variables need that are made at their first use. There is one core, and an access to an aligned word
// cannot be torn; only between a comparison and its store could an interrupt come.
uint32_t __atomic_load_4(const volatile void *word, int order) {
  (void)order;
  uint32_t value = *(const volatile uint32_t *)word;
  __asm__ volatile("dmb" ::: "memory");
  return value;
}

void __atomic_store_4(volatile void *word, uint32_t value, int order) {
  (void)order;
  __asm__ volatile("dmb" ::: "memory");
  *(volatile uint32_t *)word = value;
  __asm__ volatile("dmb" ::: "memory");
}

bool __atomic_compare_exchange_4(volatile void *word, void *expected, uint32_t value, int success, int failure) {
  (void)success;
  (void)failure;
  uint32_t masked;
  __asm__ volatile("mrs %0, primask\ncpsid i" : "=r"(masked)::"memory");
  uint32_t found = *(volatile uint32_t *)word;
  bool is_expected = found == *(uint32_t *)expected;
  if (is_expected) *(volatile uint32_t *)word = value;
  __asm__ volatile("msr primask, %0" ::"r"(masked) : "memory");
  *(uint32_t *)expected = found;
  return is_expected;
}

#endif
