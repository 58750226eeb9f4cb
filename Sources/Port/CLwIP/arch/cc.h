// lwIP on a compiler of the GNU kind without an operating system.

#ifndef CLWIP_CC_H
#define CLWIP_CC_H

#include <stdint.h>

#define LWIP_NO_INTTYPES_H 1
#define LWIP_NO_UNISTD_H 1
#define LWIP_NO_CTYPE_H 1

// Nothing is printed. A failed assertion is a trap, which the board's fault handler reports with its place.
#define LWIP_PLATFORM_DIAG(text) do {} while (0)
#define LWIP_PLATFORM_ASSERT(text) __builtin_trap()

/// Random bits for the first local port.
uint32_t clwip_random(void);
#define LWIP_RAND() clwip_random()

#endif
