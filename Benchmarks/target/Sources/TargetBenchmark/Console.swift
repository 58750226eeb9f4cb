import CortexMConsole
import DeviceCore

/// Texts and numbers on the serial line.
struct Console {
  private var serial = SerialConsole()

  mutating func write(_ text: StaticString) {
    serial.write(text.bytes)
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
    serial.write(digits.span.extracting(first..<10))
  }
}
