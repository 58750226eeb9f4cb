/// The first bytes of a CoAP message in a WebSocket: they say what its header on a stream is.
///
/// In a WebSocket Len is 0, for the frame has the length (RFC 8323 section 4.2); on a stream Len and its
/// extension stand in front (section 3.2). All the rest is the same.
struct WebSocketMessageHead {
  private var bytes = InlineArray<4, UInt8>(repeating: 0)
  private var count = 0

  /// How many bytes have to come before ``streamHeader(messageByteCount:)`` can be asked for.
  var missingCount: Int {
    guard count > 0 else { return 2 }
    return WebSocketMessageHead.byteCount(first: bytes[0]) - count
  }

  /// - Precondition: some are missing.
  mutating func append(_ byte: UInt8) {
    bytes[count] = byte
    count += 1
  }

  /// What takes the place of these bytes on a stream.
  ///
  /// - Parameter messageByteCount: of the message as it is in the WebSocket.
  /// - Throws: ``WebSocketFault/lengthNotZero``, ``WebSocketFault/messageTruncated``.
  func streamHeader(messageByteCount: UInt32) throws(WebSocketFault) -> WebSocketStreamHeader {
    let first = bytes[0]
    guard count == 0 || first & 0xf0 == 0 else { throw .lengthNotZero }
    guard count > 0, missingCount == 0, messageByteCount >= UInt32(count) else {
      throw .messageTruncated
    }
    // A token length of 15 is for the connection to refuse.
    var token = UInt32(first == 15 ? 0 : first)
    if first == 13 { token = UInt32(bytes[2]) + 13 }
    if first == 14 { token = (UInt32(bytes[2]) << 8 | UInt32(bytes[3])) + 269 }
    guard messageByteCount - UInt32(count) >= token else { throw .messageTruncated }
    var header = WebSocketStreamHeader()
    header.appendLength(messageByteCount - UInt32(count) - token, tokenNibble: first)
    for index in 1..<count { header.append(bytes[index]) }
    return header
  }

  /// Bytes of a message before its token, by its first byte.
  static func byteCount(first: UInt8) -> Int {
    switch first & 0x0f {
    case 13: 3
    case 14: 4
    default: 2
    }
  }
}

/// The header of a message on a stream.
struct WebSocketStreamHeader {
  private(set) var bytes = InlineArray<8, UInt8>(repeating: 0)
  private(set) var count = 0

  mutating func append(_ byte: UInt8) {
    bytes[count] = byte
    count += 1
  }

  /// Len, the token length and the extension of Len.
  mutating func appendLength(_ body: UInt32, tokenNibble: UInt8) {
    switch body {
    case ..<13:
      append(UInt8(body) << 4 | tokenNibble)
    case ..<269:
      append(0xd0 | tokenNibble)
      append(UInt8(body - 13))
    case ..<65805:
      append(0xe0 | tokenNibble)
      append(UInt8((body - 269) >> 8))
      append(UInt8(truncatingIfNeeded: body - 269))
    default:
      append(0xf0 | tokenNibble)
      for shift in 0..<4 {
        append(UInt8(truncatingIfNeeded: (body - 65805) >> (24 - 8 * UInt32(shift))))
      }
    }
  }
}
