#ifndef CORTEX_M_REGISTERS_H
#define CORTEX_M_REGISTERS_H

#include "CortexM.h"

// Armv7-M and Armv6-M architecture: SysTick, interrupt controller, system control block.
#define SYSTICK_CONTROL REGISTER(0xE000E010)
#define SYSTICK_CONTROL_ENABLE (1u << 0)
#define SYSTICK_CONTROL_INTERRUPT (1u << 1)
#define SYSTICK_CONTROL_PROCESSOR_CLOCK (1u << 2)
#define SYSTICK_RELOAD REGISTER(0xE000E014)
#define SYSTICK_VALUE REGISTER(0xE000E018)
// Registers of 32 interrupts each, and the bit of one.
#define NVIC_ENABLE(interrupt) REGISTER(0xE000E100 + (interrupt) / 32 * 4)
#define NVIC_DISABLE(interrupt) REGISTER(0xE000E180 + (interrupt) / 32 * 4)
#define NVIC_CLEAR_PENDING(interrupt) REGISTER(0xE000E280 + (interrupt) / 32 * 4)
#define NVIC_BIT(interrupt) (1u << (interrupt) % 32)
#define SCB_INTERRUPT_STATE REGISTER(0xE000ED04)
#define SCB_RESET_CONTROL REGISTER(0xE000ED0C)
#define SCB_RESET_CONTROL_REQUEST 0x05FA0004u
#define SCB_CONFIGURATION REGISTER(0xE000ED14)
#define SCB_CONFIGURATION_TRAP_UNALIGNED (1u << 3)
// Not on Armv6-M.
#define SCB_FAULT_STATUS REGISTER(0xE000ED28)
#define SCB_MEMORY_FAULT_ADDRESS REGISTER(0xE000ED34)
#define SCB_BUS_FAULT_ADDRESS REGISTER(0xE000ED38)
// Zero when there is no memory protection unit.
#define MPU_TYPE REGISTER(0xE000ED90)
#define MPU_CONTROL REGISTER(0xE000ED94)
#define MPU_CONTROL_ENABLE (1u << 0)
#define MPU_CONTROL_DEFAULT_ELSEWHERE (1u << 2)
#define MPU_REGION_BASE REGISTER(0xE000ED9C)
#define MPU_REGION_BASE_SELECT(region) ((1u << 4) | (region))
#define MPU_REGION_ATTRIBUTES REGISTER(0xE000EDA0)
#define MPU_REGION_NO_ACCESS(size_exponent) ((1u << 28) | (((size_exponent) - 1u) << 1) | 1u)

// Addresses from the linker script.
extern uint32_t stack_bottom[], stack_top[], fault_stack_top[];
extern uint32_t data_start[], data_end[], bss_start[], bss_end[];
extern const uint32_t data_image[];
extern const uint8_t text_start[], text_end[];
extern uint8_t board_provisioning[], board_provisioning_end[];

#endif
