// What lwIP asks this port for.

#ifndef CLWIP_HOOKS_H
#define CLWIP_HOOKS_H

#include <lwip/ip4_addr.h>

uint32_t clwip_hook_sequence_number(uint16_t local_port, const ip4_addr_t *remote, uint16_t remote_port);

#endif
