/// SHA-1, which the core does not have: one function of the port.
///
/// RFC 6455 uses it to tell a WebSocket server from anything else, not to keep a secret.
public protocol WebSocketDigest {
  /// The digest of `bytes` (RFC 3174), or nil when it cannot be computed.
  static func sha1(_ bytes: Span<UInt8>) -> InlineArray<20, UInt8>?
}

/// A value of Sec-WebSocket-Key: 16 bytes in Base64 (RFC 6455 section 4.1).
struct WebSocketKey {
  private(set) var text = InlineArray<24, UInt8>(repeating: 0)

  /// The key of these random bytes.
  init(_ nonce: InlineArray<16, UInt8>) {
    var space = text.mutableSpan
    encodeBase64(nonce.span, to: &space)
  }

  /// A key that came; nil when it is not 16 bytes in Base64.
  ///
  /// The bits of the last character that belong to no byte may be set: RFC 6455's own example has them so.
  init?(_ value: Span<UInt8>) {
    guard value.count == 24, value[22] == 0x3d, value[23] == 0x3d else { return nil }
    for index in 0..<24 {
      guard index >= 22 || isBase64(value[index]) else { return nil }
      text[index] = value[index]
    }
  }

  /// The value of Sec-WebSocket-Accept that answers it (RFC 6455 section 4.2.2); nil when the port has no SHA-1.
  func answer<Digest: WebSocketDigest>(_ digest: Digest.Type) -> InlineArray<28, UInt8>? {
    var bytes = InlineArray<60, UInt8>(repeating: 0)
    let suffix: StaticString = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    for index in 0..<24 { bytes[index] = text[index] }
    for index in 0..<36 { bytes[24 + index] = suffix.bytes[index] }
    guard let digest = Digest.sha1(bytes.span) else { return nil }
    var answer = InlineArray<28, UInt8>(repeating: 0)
    var space = answer.mutableSpan
    encodeBase64(digest.span, to: &space)
    return answer
  }
}

/// Writes Base64 with padding (RFC 4648 section 4).
///
/// - Precondition: `space` holds four bytes for each three, and for the last ones.
private func encodeBase64(_ bytes: Span<UInt8>, to space: inout MutableSpan<UInt8>) {
  let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  var place = 0
  var offset = 0
  while offset < bytes.count {
    var group: UInt32 = 0
    let count = min(3, bytes.count - offset)
    for index in 0..<3 {
      group = group << 8 | UInt32(index < count ? bytes[offset + index] : 0)
    }
    for index in 0..<4 {
      let digit = Int(group >> (18 - 6 * UInt32(index)) & 0x3f)
      space[place] = index <= count ? alphabet.bytes[digit] : 0x3d
      place += 1
    }
    offset += 3
  }
}

private func isBase64(_ byte: UInt8) -> Bool {
  switch byte {
  case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2b, 0x2f: true
  default: false
  }
}
