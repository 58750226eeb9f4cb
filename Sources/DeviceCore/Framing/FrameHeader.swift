/// What stands in front of the token of a message on a stream: Len, token length, extended lengths and
/// Code (RFC 8323 section 3.2, RFC 8974 section 2.1).
public struct FrameHeader: Equatable, Sendable {
  /// The message's code.
  public let code: Code
  /// In bytes.
  public let tokenByteCount: Int
  /// Bytes from the start of the message to the token.
  public let byteCount: Int
  /// Options, marker and payload, in bytes; `UInt32.max` stands for all that is more.
  public let bodyByteCount: UInt32

  /// The whole message in bytes; `UInt32.max` stands for all that is more.
  public var messageByteCount: UInt32 {
    FrameHeader.sum(bodyByteCount, UInt32(byteCount + tokenByteCount))
  }

  /// How far a header has come in.
  public enum Progress: Equatable, Sendable {
    /// More bytes are needed. The message will have at least so many bytes, as far as can be told: more
    /// than the header once Len and its extension are complete.
    case incomplete(atLeast: UInt32)
    case complete(FrameHeader)
  }

  /// Reads the header at the start of `bytes`, which may hold less or more than one message.
  ///
  /// Lengths beyond any memory are reported, not refused: the caller compares ``messageByteCount`` with
  /// the limit that it announced, before it buffers the body.
  ///
  /// - Parameter maximumTokenByteCount: what was announced by Extended-Token-Length, 8 without it.
  /// - Throws: ``FormatFault/reservedTokenLength``, ``FormatFault/tokenTooLong``.
  public static func parse(
    _ bytes: Span<UInt8>, maximumTokenByteCount: Int = Token.maximumByteCount
  ) throws(FormatError) -> Progress {
    guard bytes.count > 0 else { return .incomplete(atLeast: 2) }
    let first = bytes[0]
    let tokenNibble = Int(first & 0x0f)
    if tokenNibble > 8 && (tokenNibble == 15 || maximumTokenByteCount <= 8) {
      throw FormatError(.reservedTokenLength, at: 0)
    }

    // Each form of Len starts where the one before ends, so that a length has one encoding only.
    var body = UInt32(first >> 4)
    var codeOffset = 1
    switch body {
    case 13:
      guard bytes.count > 1 else { return .incomplete(atLeast: 3) }
      body = UInt32(bytes[1]) + 13
      codeOffset = 2
    case 14:
      guard bytes.count > 2 else { return .incomplete(atLeast: 4) }
      body = (UInt32(bytes[1]) << 8 | UInt32(bytes[2])) + 269
      codeOffset = 3
    case 15:
      guard bytes.count > 4 else { return .incomplete(atLeast: 6) }
      let extended =
        UInt32(bytes[1]) << 24 | UInt32(bytes[2]) << 16 | UInt32(bytes[3]) << 8 | UInt32(bytes[4])
      body = sum(extended, 65805)
      codeOffset = 5
    default:
      break
    }

    var tokenByteCount = tokenNibble
    var tokenOffset = codeOffset + 1
    if tokenNibble > 12 {
      let width = tokenNibble - 12
      let last = codeOffset + width
      guard bytes.count > last else {
        let least = UInt32(tokenOffset + width + (tokenNibble == 13 ? 13 : 269))
        return .incomplete(atLeast: sum(body, least))
      }
      tokenByteCount =
        Int(bytes[last]) + (width == 1 ? 13 : (Int(bytes[codeOffset + 1]) << 8) + 269)
      tokenOffset += width
    }
    guard tokenByteCount <= maximumTokenByteCount else {
      throw FormatError(.tokenTooLong, at: 0)
    }
    guard bytes.count > codeOffset else {
      return .incomplete(atLeast: sum(body, UInt32(tokenOffset + tokenByteCount)))
    }
    return .complete(
      FrameHeader(
        code: Code(rawValue: bytes[codeOffset]), tokenByteCount: tokenByteCount,
        byteCount: tokenOffset, bodyByteCount: body))
  }

  /// A sum that stays at the largest number instead of wrapping.
  private static func sum(_ left: UInt32, _ right: UInt32) -> UInt32 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
  }
}
