import DeviceCore

/// SHA-256 over bytes that come piece by piece, computed by what a board has for it.
public protocol Digest {
  /// Of no bytes.
  init()

  /// Adds bytes.
  mutating func add(_ bytes: Span<UInt8>)

  /// The digest of all bytes that were added. Called once.
  mutating func finish() -> InlineArray<32, UInt8>
}

extension Request {
  /// The 32 bytes that the query `sha256=HEX` names; nil when there is no such query.
  ///
  /// - Throws: 4.00 when they are not 64 hexadecimal digits.
  func expectedDigest() throws(Refusal) -> InlineArray<32, UInt8>? {
    guard let text = query("sha256") else { return nil }
    var bytes = InlineArray<32, UInt8>(repeating: 0)
    guard text.count == 64 else { throw .badRequest("sha256 has 64 hexadecimal digits") }
    for index in text.indices {
      guard let digit = hexDigit(text[index]) else {
        throw .badRequest("sha256 has 64 hexadecimal digits")
      }
      bytes[index / 2] = bytes[index / 2] << 4 | digit
    }
    return bytes
  }

  private func hexDigit(_ character: UInt8) -> UInt8? {
    switch character {
    case 0x30...0x39: character - 0x30
    case 0x41...0x46: character - 0x41 + 10
    case 0x61...0x66: character - 0x61 + 10
    default: nil
    }
  }
}

extension Response {
  /// Appends two hexadecimal digits for each byte to the payload.
  mutating func append(hex bytes: Span<UInt8>) {
    let digits: StaticString = "0123456789abcdef"
    for index in bytes.indices {
      var pair = InlineArray<2, UInt8>(repeating: 0)
      pair[0] = digits.bytes[Int(bytes[index] >> 4)]
      pair[1] = digits.bytes[Int(bytes[index] & 15)]
      append(pair.span)
    }
  }
}
