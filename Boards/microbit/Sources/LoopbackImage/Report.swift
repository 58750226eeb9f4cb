import CortexMConsole
import DeviceCore

/// The lines on the console, and how many checks have passed and failed.
struct Report: ~Copyable {
  private var console = SerialConsole()
  private var passedCount: UInt32 = 0
  private var failedCount: UInt32 = 0

  /// A line for a check: its name, and what is wrong or nil.
  mutating func note(_ name: StaticString, _ fault: StaticString?) {
    if let fault {
      failedCount += 1
      write("FAIL ")
      write(name)
      write(": ")
      write(fault)
    } else {
      passedCount += 1
      write("pass ")
      write(name)
    }
    write("\n")
  }

  /// The line that counts.
  mutating func writeSummary() {
    write("loop-back: ")
    write(passedCount)
    write(" passed, ")
    write(failedCount)
    write(" failed\n")
  }

  mutating func write(_ text: StaticString) {
    console.write(text.bytes)
  }

  mutating func write(_ number: UInt32) {
    var digits = InlineArray<10, UInt8>(repeating: 0)
    var first = 10
    var rest = number
    repeat {
      first -= 1
      digits[first] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
      rest /= 10
    } while rest > 0
    console.write(digits.span.extracting(first..<10))
  }
}
