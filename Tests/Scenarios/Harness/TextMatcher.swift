import DeviceCore

/// Takes a text in pieces and compares it on the fly: there is no memory to put it together in.
struct TextMatcher {
  private let expected: StaticString
  private(set) var position = 0
  /// Whether all pieces so far were as expected.
  private(set) var isMatching = true

  init(_ expected: StaticString) {
    self.expected = expected
  }

  /// Whether the whole text came, and nothing else.
  var isComplete: Bool { isMatching && position == expected.utf8CodeUnitCount }

  @inline(never)
  mutating func write(_ character: UInt8) {
    guard position < expected.utf8CodeUnitCount, expected.bytes[position] == character else {
      isMatching = false
      return
    }
    position += 1
  }

  @inline(never)
  mutating func write(_ text: StaticString) {
    let bytes = text.bytes
    for index in bytes.indices { write(bytes[index]) }
  }

  @inline(never)
  mutating func write(decimal number: UInt32) {
    let digits = DecimalDigits(number)
    let bytes = digits.bytes
    for index in bytes.indices { write(bytes[index]) }
  }

  /// Hexadecimal digits, which the expected text may shorten to a run such as `{54*268}`.
  @inline(never)
  mutating func write(hex bytes: Span<UInt8>) {
    var reader = HexReader(expected, from: position)
    for index in bytes.indices where reader.next() != bytes[index] {
      isMatching = false
      return
    }
    if reader.isWithinRun { isMatching = false }
    position = reader.position
  }

  /// Takes whatever decimal digits are expected here: for numbers above 32 bits.
  mutating func skipNumber() {
    let bytes = expected.bytes
    while position < bytes.count, bytes[position] >= 0x30, bytes[position] <= 0x39 { position += 1 }
  }
}
