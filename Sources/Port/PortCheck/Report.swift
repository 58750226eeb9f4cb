import DeviceCore

/// The lines of a port check, and how many there were of each kind.
struct Report<C: Console> {
  private var console: C
  private(set) var passed: UInt32 = 0
  private(set) var failed: UInt32 = 0
  private(set) var skipped: UInt32 = 0

  init(_ console: C) {
    self.console = console
  }

  mutating func pass(_ requirement: Requirement) {
    passed += 1
    console.write("PASS ")
    console.write(requirement.function)
    console.write(": ")
    console.write(requirement.promise)
    console.write("\n")
  }

  mutating func fail(_ requirement: Requirement, _ reason: Reason) {
    begin("FAIL ", requirement)
    failed += 1
    console.write(reason.text)
    if let number = reason.number {
      console.write(" ")
      console.write(decimal: number)
      if !reason.rest.bytes.isEmpty { console.write(" ") }
    }
    console.write(reason.rest)
    if let round = reason.round {
      console.write(", at connection number ")
      console.write(decimal: round)
    }
    console.write("\n")
  }

  mutating func fail(_ requirement: Requirement, _ function: NotWritten.Function) {
    begin("FAIL ", requirement)
    failed += 1
    console.write(function.place)
    console.write(": write '")
    console.write(function.name)
    console.write("' first: ")
    console.write(function.task)
    console.write("\n")
  }

  mutating func skip(_ requirement: Requirement, _ reason: StaticString) {
    begin("SKIP ", requirement)
    skipped += 1
    console.write(reason)
    console.write("\n")
  }

  /// The last line, by which a reader knows that this was all.
  mutating func finish() {
    console.write("port check: ")
    console.write(decimal: passed)
    console.write(" passed, ")
    console.write(decimal: failed)
    console.write(" failed")
    if skipped > 0 {
      console.write(", ")
      console.write(decimal: skipped)
      console.write(" skipped")
    }
    console.write("\n")
  }

  private mutating func begin(_ word: StaticString, _ requirement: Requirement) {
    console.write(word)
    console.write(requirement.function)
    console.write(": ")
  }
}
