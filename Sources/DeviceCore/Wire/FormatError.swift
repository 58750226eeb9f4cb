/// Why bytes are no message (RFC 7252 sections 3 and 4.1, RFC 8323 section 3.2, RFC 8974 section 2.1).
///
/// Each of these ends a connection: there is no way to tell where the next message would begin or what
/// else the peer got wrong (RFC 8323 section 5.6).
public enum FormatFault: UInt8, Error, Equatable, Sendable {
  /// Token length 15, or 9 to 14 where only tokens of up to 8 bytes were announced.
  case reservedTokenLength
  /// A token longer than announced (RFC 8974 section 2.2.1).
  case tokenTooLong
  /// More bytes than the Max-Message-Size that was announced.
  case messageTooLarge
  /// Option delta 15 in a byte that is not the payload marker.
  case reservedOptionDelta
  /// Option length 15.
  case reservedOptionLength
  /// The message ends within an option.
  case truncatedOption
  /// Option numbers end at 65535.
  case optionNumberTooLarge
  /// A payload marker with nothing behind it.
  case emptyPayload
  /// Code 0.00 with a token, options or a payload.
  case emptyMessageWithContent

  /// A sentence for a person: what an Abort carries and what `coap inspect` prints.
  public var text: StaticString {
    switch self {
    case .reservedTokenLength: "reserved token length"
    case .tokenTooLong: "token longer than announced"
    case .messageTooLarge: "message larger than announced"
    case .reservedOptionDelta: "reserved option delta 15"
    case .reservedOptionLength: "reserved option length 15"
    case .truncatedOption: "option runs past the end of the message"
    case .optionNumberTooLarge: "option number above 65535"
    case .emptyPayload: "payload marker without a payload"
    case .emptyMessageWithContent: "code 0.00 with content"
    }
  }
}

/// A fault and the byte at which it was found, counted from the first byte of the message.
public struct FormatError: Error, Equatable, Sendable {
  /// What is wrong.
  public let fault: FormatFault
  /// In bytes from the first byte of the message.
  public let offset: Int

  init(_ fault: FormatFault, at offset: Int) {
    self.fault = fault
    self.offset = offset
  }
}
