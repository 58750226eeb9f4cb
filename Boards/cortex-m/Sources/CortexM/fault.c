// A fault says on one line of the console what happened and where, and resets the board.

#include "CortexM.h"
#include "registers.h"

// Bits of the configurable fault status register.
#define MEMORY_ADDRESS_VALID (1u << 7)
#define BUS_ADDRESS_VALID (1u << 15)
#define UNDEFINED_INSTRUCTION (1u << 16)
#define STACKING_FAILED ((1u << 4) | (1u << 12))

/// What Swift ends a failed precondition with: udf #254.
#define TRAP_INSTRUCTION 0xDEFEu

/// What the processor pushes when it takes an exception.
typedef struct {
  uint32_t r0, r1, r2, r3, r12, lr, pc, status;
} exception_frame;

static void write_field(const char *name, uint32_t value) {
  board_console_write_text(name);
  board_console_write_hexadecimal(value);
}

/// The fault status register, or what can be known of it without one.
static uint32_t fault_status(const exception_frame *frame) {
#if __ARM_ARCH == 6
  const uint8_t *code = (const uint8_t *)(uintptr_t)(frame->pc & ~1u);
  bool is_code = (uintptr_t)frame >= (uintptr_t)stack_bottom && code >= text_start && code < text_end;
  return is_code && *(const uint16_t *)code == TRAP_INSTRUCTION ? UNDEFINED_INSTRUCTION : 0;
#else
  (void)frame;
  return SCB_FAULT_STATUS;
#endif
}

__attribute__((used)) static _Noreturn void report_fault(const exception_frame *frame) {
  uint32_t status = fault_status(frame);
  int overflow = (status & STACKING_FAILED) || (uintptr_t)frame < (uintptr_t)stack_bottom ||
                 (uintptr_t)(frame + 1) > (uintptr_t)stack_top;

  board_console_write_text("\nfault: ");
  if (overflow) {
    board_console_write_text("stack overflow");
    write_field(", stack pointer ", (uint32_t)(uintptr_t)frame);
  } else {
    board_console_write_text(status & UNDEFINED_INSTRUCTION
                                 ? "undefined instruction (a Swift trap)"
                                 : "bad access or instruction");
    write_field(", pc ", frame->pc);
    write_field(", lr ", frame->lr);
  }
  if (status & MEMORY_ADDRESS_VALID) write_field(", address ", SCB_MEMORY_FAULT_ADDRESS);
  if (status & BUS_ADDRESS_VALID) write_field(", address ", SCB_BUS_FAULT_ADDRESS);
  write_field(", status ", status);
  board_console_write_text("\n");
  board_reset();
}

// Takes the frame from the main stack, the only one in use, and goes on with a stack of its own.
__attribute__((naked)) void fault_handler(void) {
  __asm__ volatile(
      "mrs r0, msp\n"
      "ldr r1, =fault_stack_top\n"
      "msr msp, r1\n"
      // A branch reaches 2 KiB on Armv6-M, and the two functions are in sections of their own.
      "ldr r1, =report_fault\n"
      "bx r1\n"
      ".ltorg\n");
}
