import DeviceCore

/// Writes bytes as the column `decodes` of the vectors does.
@inline(never)
func describe(
  _ bytes: Span<UInt8>, maxMessageSize: UInt32, maxTokenLength: UInt32, to text: inout TextMatcher
) {
  var rest = bytes
  while rest.count > 0 {
    if rest.count < bytes.count { text.write(" / ") }
    do throws(FormatError) {
      let progress = try FrameHeader.parse(rest, maximumTokenByteCount: Int(maxTokenLength))
      guard case .complete(let header) = progress else { return text.write("INCOMPLETE") }
      let size = header.messageByteCount
      if size > maxMessageSize {
        text.write("ERR:oversize:")
        return size == .max ? text.skipNumber() : text.write(decimal: size)
      }
      guard Int(size) <= rest.count else { return text.write("INCOMPLETE") }
      try describe(Message(rest.extracting(first: Int(size)), header: header), to: &text)
      rest = rest.extracting(droppingFirst: Int(size))
    } catch {
      text.write("ERR:")
      return text.write(error.fault.vectorName)
    }
  }
}

@inline(never)
func describe(_ message: borrowing Message, to text: inout TextMatcher) {
  write(message.code, to: &text)
  text.write(" T:")
  if message.token.count == 0 {
    text.write("-")
  } else {
    text.write(hex: message.token)
  }
  text.write(" O:")
  var options = message.options
  var isFirst = true
  while let option = options.next() {
    if !isFirst { text.write(",") }
    isFirst = false
    text.write(decimal: UInt32(option.number.rawValue))
    text.write("=")
    text.write(hex: option.value)
  }
  if isFirst { text.write("-") }
  text.write(" P:")
  text.write(decimal: UInt32(message.payload.count))
  if message.payload.count > 0 && message.payload.count <= 16 {
    text.write(":")
    text.write(hex: message.payload)
  }
}

private func write(_ code: Code, to text: inout TextMatcher) {
  text.write(0x30 + code.codeClass)
  text.write(".")
  text.write(0x30 + code.detail / 10)
  text.write(0x30 + code.detail % 10)
}

extension FormatFault {
  /// What stands behind `ERR:` in the vectors.
  var vectorName: StaticString {
    switch self {
    case .reservedTokenLength, .tokenTooLong: "tkl"
    case .messageTooLarge: "oversize"
    case .reservedOptionDelta: "opt-delta15"
    case .reservedOptionLength: "opt-len15"
    case .truncatedOption: "opt-trunc"
    case .optionNumberTooLarge: "opt-overflow"
    case .emptyPayload: "marker-empty"
    case .emptyMessageWithContent: "empty-not-empty"
    }
  }
}

/// The messages in some bytes, one after the other; stops at the first one that is not whole and legal.
struct MessageReader: ~Escapable {
  private(set) var rest: Span<UInt8>

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    rest = bytes
  }

  @_lifetime(copy self)
  mutating func next() -> Message? {
    guard let progress = try? FrameHeader.parse(rest, maximumTokenByteCount: 65804),
      case .complete(let header) = progress, header.messageByteCount <= UInt32(rest.count),
      let message = try? Message(rest.extracting(first: Int(header.messageByteCount)), header: header)
    else { return nil }
    rest = rest.extracting(droppingFirst: message.byteCount)
    return message
  }
}
