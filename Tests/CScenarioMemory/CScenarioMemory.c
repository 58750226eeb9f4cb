#include "CScenarioMemory.h"

static uint8_t memory[SCENARIO_MEMORY_SIZE];

uint8_t *scenario_memory(void) { return memory; }
