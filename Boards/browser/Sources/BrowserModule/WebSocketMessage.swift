import BrowserSupport
import DeviceCore

/// A CoAP message as a WebSocket carries it, where Len is zero because the message knows its own length (RFC 8323
/// section 4.2), and as ``Connection`` reads it from a stream (section 3.2): between them only the header differs.
enum WebSocketMessage {
  /// Writes Len and its extension in front of the message in the inbox.
  ///
  /// - Parameters:
  ///   - present: how many bytes are in the inbox: all, or the first ones of a message that is too large.
  ///   - total: how many bytes the message has.
  /// - Returns: nil when it is no message: its Len is not zero, or it is shorter than its header says.
  @_lifetime(immortal)
  static func makeStream(present: Int, total: UInt32) -> Span<UInt8>? {
    let inbox = unsafe browser_inbox()
    guard present >= 2, total >= UInt32(present) else { return nil }
    let tokenNibble = unsafe inbox[0]
    guard tokenNibble < 15 else { return nil }
    var head: UInt32 = 2 + UInt32(tokenNibble)
    // The length of a token above 12 stands behind the code (RFC 8974 section 2.1).
    if tokenNibble == 13 {
      guard present >= 3 else { return nil }
      head = unsafe 3 + 13 + UInt32(inbox[2])
    } else if tokenNibble == 14 {
      guard present >= 4 else { return nil }
      head = unsafe 4 + 269 + (UInt32(inbox[2]) << 8 | UInt32(inbox[3]))
    }
    guard total >= head else { return nil }
    let body = total - head
    let width = body < 13 ? 0 : body < 269 ? 1 : body < 65805 ? 2 : 4
    let length = width == 0 ? body : body - (width == 1 ? 13 : width == 2 ? 269 : 65805)
    let nibble = width == 0 ? UInt8(body) : width == 4 ? 15 : 12 + UInt8(width)
    // The first byte moves forward, and what becomes free between it and the code holds the rest of Len.
    let start = unsafe inbox - width
    unsafe start[0] = nibble << 4 | tokenNibble
    for index in 0..<width {
      unsafe start[1 + index] = UInt8(truncatingIfNeeded: length >> UInt32(8 * (width - 1 - index)))
    }
    let bytes = unsafe Span(_unsafeStart: start, count: width + present)
    return unsafe _overrideLifetime(bytes, copying: ())
  }

  /// Where the first pending message lies, as a WebSocket carries it.
  ///
  /// The last byte of the extended length makes room for the first byte of the header: what is pending was written,
  /// belongs to us and is not read as a stream any more.
  static func first(of pending: Span<UInt8>) -> (start: UInt32, byteCount: Int, pendingByteCount: Int)? {
    guard case .complete(let header)? = try? FrameHeader.parse(pending, maximumTokenByteCount: 65804)
    else { return nil }
    let first = pending[0]
    let width = first < 0xd0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 4
    let count = Int(header.messageByteCount)
    return unsafe pending.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return nil }
      let start = unsafe UnsafeMutablePointer(mutating: base) + width
      unsafe start[0] = first & 0x0f
      return (UInt32(UInt(bitPattern: start)), count - width, count)
    }
  }
}
