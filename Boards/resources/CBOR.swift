import DeviceCore

/// The few items of CBOR that a sensor needs (RFC 8949 section 3).
enum CBORItem {
  case integer(Int32)
  case text(StaticString)
  case array(UInt32)
  case map(UInt32)
  case tag(UInt32)
}

extension Response {
  /// Appends one item, or the head of one, to the payload.
  mutating func append(cbor item: CBORItem) {
    switch item {
    case .integer(let value):
      if value < 0 {
        appendHead(1, UInt32(bitPattern: -1 - value))
      } else {
        appendHead(0, UInt32(value))
      }
    case .text(let text):
      appendHead(3, UInt32(text.utf8CodeUnitCount))
      append(text)
    case .array(let count): appendHead(4, count)
    case .map(let count): appendHead(5, count)
    case .tag(let number): appendHead(6, number)
    }
  }

  /// Major type and argument in as few bytes as they need.
  private mutating func appendHead(_ major: UInt8, _ argument: UInt32) {
    var bytes = InlineArray<5, UInt8>(repeating: 0)
    let width = argument < 24 ? 0 : argument < 0x100 ? 1 : argument < 0x1_0000 ? 2 : 4
    let information =
      width == 0 ? UInt8(truncatingIfNeeded: argument) : width == 1 ? 24 : width == 2 ? 25 : 26
    bytes[0] = major << 5 | information
    for index in 0..<width {
      bytes[1 + index] = UInt8(
        truncatingIfNeeded: argument >> UInt32(truncatingIfNeeded: 8 * (width - 1 - index)))
    }
    append(bytes.span.extracting(first: 1 + width))
  }
}
