#ifndef BOARD_REGISTERS_H
#define BOARD_REGISTERS_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

/// The clock of the processor and of the peripherals.
#define CLOCK_HERTZ 25000000u

// UART 0: Arm Cortex-M System Design Kit (CMSDK) APB UART.
#define UART_DATA REGISTER(0x40004000)
#define UART_STATE REGISTER(0x40004004)
#define UART_STATE_TRANSMIT_FULL (1u << 0)
#define UART_CONTROL REGISTER(0x40004008)
#define UART_CONTROL_TRANSMIT_ENABLE (1u << 0)
#define UART_BAUD_DIVIDER REGISTER(0x40004010)

// Timer 0: CMSDK APB timer, which counts down.
#define TIMER_CONTROL REGISTER(0x40000000)
#define TIMER_CONTROL_ENABLE (1u << 0)
#define TIMER_VALUE REGISTER(0x40000004)
#define TIMER_RELOAD REGISTER(0x40000008)

// Armv7-M architecture: SysTick, interrupt controller, system control block.
#define SYSTICK_CONTROL REGISTER(0xE000E010)
#define SYSTICK_CONTROL_ENABLE (1u << 0)
#define SYSTICK_CONTROL_INTERRUPT (1u << 1)
#define SYSTICK_CONTROL_PROCESSOR_CLOCK (1u << 2)
#define SYSTICK_RELOAD REGISTER(0xE000E014)
#define SYSTICK_VALUE REGISTER(0xE000E018)
#define NVIC_ENABLE REGISTER(0xE000E100)
#define NVIC_DISABLE REGISTER(0xE000E180)
#define NVIC_CLEAR_PENDING REGISTER(0xE000E280)
/// The Ethernet chip's bit in these three.
#define ETHERNET_INTERRUPT (1u << 13)
#define SCB_INTERRUPT_STATE REGISTER(0xE000ED04)
#define SCB_RESET_CONTROL REGISTER(0xE000ED0C)
#define SCB_RESET_CONTROL_REQUEST 0x05FA0004u
#define SCB_FAULT_STATUS REGISTER(0xE000ED28)
#define SCB_MEMORY_FAULT_ADDRESS REGISTER(0xE000ED34)
#define SCB_BUS_FAULT_ADDRESS REGISTER(0xE000ED38)
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
extern uint8_t board_provisioning[];

#endif
