import DeviceCore

/// Reads the notation of the vectors: hexadecimal digits, and `{41*268}` for 268 bytes of 0x41.
struct HexReader {
  private let text: StaticString
  /// The next character to read.
  private(set) var position: Int
  private var repeatedByte: UInt8 = 0
  private var repeatsLeft = 0

  init(_ text: StaticString, from position: Int = 0) {
    self.text = text
    self.position = position
  }

  /// Whether a run was begun and not read to its end.
  var isWithinRun: Bool { repeatsLeft > 0 }

  /// The next byte, or nil where no byte stands.
  @inline(never)
  mutating func next() -> UInt8? {
    if repeatsLeft > 0 {
      repeatsLeft -= 1
      return repeatedByte
    }
    let bytes = text.bytes
    while position < bytes.count && bytes[position] == 0x20 { position += 1 }
    if position < bytes.count && bytes[position] == 0x7b {
      position += 1
      guard let byte = readByte(), bytes[position] == 0x2a else { return nil }
      position += 1
      while let digit = decimalDigit(at: position) {
        repeatsLeft = repeatsLeft * 10 + digit
        position += 1
      }
      // The closing brace.
      position += 1
      repeatedByte = byte
      repeatsLeft -= 1
      return byte
    }
    return readByte()
  }

  private mutating func readByte() -> UInt8? {
    guard let high = nibble(at: position), let low = nibble(at: position + 1) else { return nil }
    position += 2
    return high << 4 | low
  }

  private func nibble(at index: Int) -> UInt8? {
    guard index < text.utf8CodeUnitCount else { return nil }
    let character = text.bytes[index]
    switch character {
    case 0x30...0x39: return character - 0x30
    case 0x61...0x66: return character - 0x61 + 10
    default: return nil
    }
  }

  private func decimalDigit(at index: Int) -> Int? {
    guard let digit = nibble(at: index), digit < 10 else { return nil }
    return Int(digit)
  }
}
