import DeviceCore

/// Where a port check writes its lines: a serial line, a log, standard output.
public protocol Console {
  /// Writes all of `bytes`. It may block until they are on their way.
  mutating func write(_ bytes: Span<UInt8>)
}

extension Console {
  mutating func write(_ text: StaticString) {
    write(text.bytes)
  }

  mutating func write(decimal number: UInt32) {
    var digits = InlineArray<10, UInt8>(repeating: 0)
    var first = 10
    var rest = number
    repeat {
      first -= 1
      digits[first] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
      rest /= 10
    } while rest > 0
    write(digits.span.extracting(first..<10))
  }
}
