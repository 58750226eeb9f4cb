// A trap says on one line of the console what happened and where, and resets the board.

#include "BoardSupport.h"
#include "registers.h"

/// What mcause says.
enum { ILLEGAL_INSTRUCTION = 2, LOAD_FAULT = 5, STORE_FAULT = 7 };

static void write_field(const char *name, uint32_t value) {
  board_console_write_text(name);
  board_console_write_hexadecimal(value);
}

__attribute__((used)) static _Noreturn void report_fault(uint32_t lr, uint32_t stack_pointer) {
  // A fault in here resets the board without a word.
  WRITE_CSR("mtvec", board_reset);
  uint32_t cause = READ_CSR("mcause"), address = READ_CSR("mtval");
  int overflow = cause == STORE_FAULT && stack_pointer < (uintptr_t)stack_bottom;

  board_console_write_text("\nfault: ");
  if (overflow) {
    board_console_write_text("stack overflow");
    write_field(", stack pointer ", stack_pointer);
  } else {
    // Swift ends a failed precondition with an illegal instruction.
    board_console_write_text(cause == ILLEGAL_INSTRUCTION ? "illegal instruction (a Swift trap)"
                                                          : "bad access or instruction");
  }
  write_field(", pc ", READ_CSR("mepc"));
  write_field(", lr ", lr);
  if (cause != ILLEGAL_INSTRUCTION) write_field(", address ", address);
  write_field(", cause ", cause);
  board_console_write_text("\n");
  board_reset();
}

// Goes on with a stack of its own.
__attribute__((naked, aligned(4))) void trap_entry(void) {
  __asm__ volatile(
      CSR("csrrw sp, mscratch, sp\n"
          "mv a0, ra\n"
          "csrr a1, mscratch\n"
          "tail %0") ::"i"(report_fault));
}
