/// What stands in front of the payload of a WebSocket frame (RFC 6455 section 5.2).
public struct WebSocketFrameHeader: Equatable, Sendable {
  /// What a frame is for.
  public enum Opcode: UInt8, Sendable {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10

    /// Whether it is a control frame: short, in one piece, and allowed within a fragmented message.
    public var isControl: Bool { rawValue >= 8 }
  }

  /// Whether it is the last frame of its message.
  public let isFinal: Bool
  /// What the frame is for.
  public let opcode: Opcode
  /// The masking key, its first byte in the highest bits; nil for frames of a server.
  public let mask: UInt32?
  /// In bytes; `UInt32.max` stands for all that is more.
  public let payloadByteCount: UInt32
  /// The header itself, in bytes.
  public let byteCount: Int

  /// No header is longer.
  public static var largestByteCount: Int { 14 }

  /// How far a header has come in.
  public enum Progress: Equatable, Sendable {
    /// So many bytes more are needed at least.
    case incomplete(missing: Int)
    case complete(WebSocketFrameHeader)
  }

  /// Reads the header at the start of `bytes`. What is wrong is found with the first byte that shows it.
  ///
  /// - Parameter sender: who has sent the frame; a client masks, a server does not.
  /// - Throws: what ends the connection (RFC 6455 section 7.1.7).
  public static func parse(
    _ bytes: Span<UInt8>, from sender: WebSocketRole
  ) throws(WebSocketFault) -> Progress {
    let least = sender == .client ? 6 : 2
    guard bytes.count > 0 else { return .incomplete(missing: least) }
    guard bytes[0] & 0x70 == 0 else { throw .reservedBits }
    guard let opcode = Opcode(rawValue: bytes[0] & 0x0f) else { throw .reservedOpcode }
    let isFinal = bytes[0] & 0x80 != 0
    guard isFinal || !opcode.isControl else { throw .controlFragmented }
    guard bytes.count > 1 else { return .incomplete(missing: least - 1) }
    let isMasked = bytes[1] & 0x80 != 0
    guard isMasked == (sender == .client) else { throw isMasked ? .maskedFrame : .unmaskedFrame }
    let short = bytes[1] & 0x7f
    guard short <= 125 || !opcode.isControl else { throw .controlTooLong }
    guard opcode != .text else { throw .textMessage }
    if short == 127 && bytes.count > 2 && bytes[2] & 0x80 != 0 { throw .lengthImpossible }

    let maskOffset = short == 127 ? 10 : short == 126 ? 4 : 2
    guard bytes.count >= maskOffset else {
      return .incomplete(missing: maskOffset + least - 2 - bytes.count)
    }
    var length = UInt32(short)
    if short == 126 {
      length = UInt32(bytes[2]) << 8 | UInt32(bytes[3])
      guard length > 125 else { throw .lengthNotMinimal }
    } else if short == 127 {
      length = number(bytes, at: 6)
      if number(bytes, at: 2) != 0 {
        length = .max
      } else if length <= 0xffff {
        throw .lengthNotMinimal
      }
    }
    let count = maskOffset + least - 2
    // A length that is beyond any memory is refused before the rest of the header has come.
    guard bytes.count >= count || length == .max else {
      return .incomplete(missing: count - bytes.count)
    }
    let mask = isMasked && bytes.count >= count ? number(bytes, at: maskOffset) : nil
    return .complete(
      WebSocketFrameHeader(
        isFinal: isFinal, opcode: opcode, mask: mask, payloadByteCount: length, byteCount: count))
  }

  /// Writes a header of a final frame, with its length in the shortest form, at `offset` of `space`.
  ///
  /// - Returns: the offset behind it.
  /// - Precondition: there is room for ``largestByteCount`` bytes.
  static func write(
    _ opcode: Opcode, _ payloadByteCount: UInt32, mask: UInt32?, to space: inout MutableSpan<UInt8>,
    at offset: Int
  ) -> Int {
    var end = offset + 2
    let maskBit: UInt8 = mask == nil ? 0 : 0x80
    space[offset] = 0x80 | opcode.rawValue
    if payloadByteCount <= 125 {
      space[offset + 1] = maskBit | UInt8(truncatingIfNeeded: payloadByteCount)
    } else if payloadByteCount <= 0xffff {
      space[offset + 1] = maskBit | 126
      space[end] = UInt8(truncatingIfNeeded: payloadByteCount >> 8)
      space[end + 1] = UInt8(truncatingIfNeeded: payloadByteCount)
      end += 2
    } else {
      space[offset + 1] = maskBit | 127
      write(0, to: &space, at: end)
      write(payloadByteCount, to: &space, at: end + 4)
      end += 8
    }
    guard let mask else { return end }
    write(mask, to: &space, at: end)
    return end + 4
  }

  private static func number(_ bytes: Span<UInt8>, at offset: Int) -> UInt32 {
    UInt32(bytes[offset]) << 24 | UInt32(bytes[offset + 1]) << 16 | UInt32(bytes[offset + 2]) << 8
      | UInt32(bytes[offset + 3])
  }

  private static func write(_ number: UInt32, to space: inout MutableSpan<UInt8>, at offset: Int) {
    for index in 0..<4 {
      space[offset + index] = UInt8(truncatingIfNeeded: number >> (24 - 8 * UInt32(index)))
    }
  }
}
