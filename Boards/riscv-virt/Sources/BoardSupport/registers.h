#ifndef BOARD_REGISTERS_H
#define BOARD_REGISTERS_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define BYTE_REGISTER(address) (*(volatile uint8_t *)(address))

// Writing here resets the machine or ends the emulator.
#define TEST_FINISHER REGISTER(0x00100000)
#define TEST_FINISHER_RESET 0x7777

// The processor's timer: 64 bits in two halves.
#define TIMER_HERTZ 10000000u
#define TIMER_LOW REGISTER(0x0200BFF8)
#define TIMER_HIGH REGISTER(0x0200BFFC)
#define TIMER_ALARM_LOW REGISTER(0x02004000)
#define TIMER_ALARM_HIGH REGISTER(0x02004004)

// Platform-level interrupt controller, the part for machine mode.
#define PLIC_PRIORITY(interrupt) REGISTER(0x0C000000 + 4 * (interrupt))
#define PLIC_ENABLE REGISTER(0x0C002000)
#define PLIC_THRESHOLD REGISTER(0x0C200000)
#define PLIC_CLAIM REGISTER(0x0C200004)

// UART of the kind 16550.
#define UART_DATA BYTE_REGISTER(0x10000000)
#define UART_DIVIDER_LOW BYTE_REGISTER(0x10000000)
#define UART_DIVIDER_HIGH BYTE_REGISTER(0x10000001)
#define UART_FIFO_CONTROL BYTE_REGISTER(0x10000002)
#define UART_FIFO_ENABLE (1u << 0)
#define UART_LINE_CONTROL BYTE_REGISTER(0x10000003)
#define UART_LINE_8_BITS 3u
#define UART_LINE_SELECT_DIVIDER (1u << 7)
#define UART_LINE_STATE BYTE_REGISTER(0x10000005)
#define UART_LINE_TRANSMIT_EMPTY (1u << 5)
#define UART_HERTZ 3686400u

// Control and status registers of the processor. They are an extension of their own since RV32I 2.1.
#define CSR(instruction) ".option push\n.option arch, +zicsr\n" instruction "\n.option pop\n"
#define WRITE_CSR(name, value) __asm__ volatile(CSR("csrw " name ", %0") ::"r"(value) : "memory")
#define READ_CSR(name) \
  ({ uint32_t csr_value; __asm__ volatile(CSR("csrr %0, " name) : "=r"(csr_value)::"memory"); csr_value; })

// In mie: interrupts that end a sleep.
#define INTERRUPT_OF_TIMER (1u << 7)
#define INTERRUPT_OF_DEVICES (1u << 11)

// A byte of pmpcfg0: what a region allows, for machine mode too.
#define PROTECTION(allowed) ((1u << 7) | (3u << 3) | (allowed))
#define ALLOW_READ 1u
#define ALLOW_WRITE 2u
#define ALLOW_EXECUTE 4u

// Addresses from the linker script.
extern uint32_t stack_bottom[], stack_top[], fault_stack_top[];
extern uint32_t data_start[], data_end[], bss_start[], bss_end[];
extern const uint32_t data_image[];
extern uint8_t board_provisioning[], board_provisioning_end[];
extern uint8_t flash_protection[], ram_protection[];

#endif
