// What the probe takes for granted of a board. The bodies are empty: only the core's size counts.
#pragma once

#include <stddef.h>
#include <stdint.h>

int32_t probe_read(uint8_t *bytes, size_t count);
int32_t probe_write(const uint8_t *bytes, size_t count);
uint32_t probe_now(void);
