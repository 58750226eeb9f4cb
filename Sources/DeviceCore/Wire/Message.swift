/// A whole message in place, checked: what it is made of can be read without any further failure.
///
/// A view over bytes that somebody else owns; it copies nothing.
public struct Message: ~Escapable {
  private let bytes: Span<UInt8>
  let layout: MessageLayout

  /// Checks all of `bytes`, which is one message as ``FrameHeader`` measured it.
  ///
  /// - Throws: what is wrong with the options, the marker or an Empty message (RFC 7252 sections 3, 4.1).
  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>, header: FrameHeader) throws(FormatError) {
    self.init(bytes, layout: try MessageLayout(bytes, header: header))
  }

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, layout: MessageLayout) {
    self.bytes = bytes
    self.layout = layout
  }

  public var code: Code { layout.code }

  /// The token in place, as long as the peer made it.
  public var token: Span<UInt8> {
    @_lifetime(copy self)
    get { bytes.extracting(layout.tokenOffset..<layout.optionsOffset) }
  }

  /// The options from the first one on.
  public var options: MessageOptions {
    @_lifetime(copy self)
    get { MessageOptions(bytes.extracting(layout.optionsOffset..<layout.optionsEnd)) }
  }

  /// The payload; empty when the message has none.
  public var payload: Span<UInt8> {
    @_lifetime(copy self)
    get { bytes.extracting(layout.payloadOffset..<layout.byteCount) }
  }

  /// The first option of this number, or nil.
  @_lifetime(copy self)
  public func firstOption(_ number: OptionNumber) -> MessageOption? {
    var options = self.options
    while let option = options.next() {
      if option.number == number { return option }
      if option.number > number { return nil }
    }
    return nil
  }

  /// From the first byte of the header to the last one of the payload.
  public var byteCount: Int { layout.byteCount }
}

/// Where the parts of a checked message lie, in bytes from its start.
struct MessageLayout: Equatable {
  let code: Code
  let tokenOffset: Int
  let optionsOffset: Int
  let optionsEnd: Int
  let payloadOffset: Int
  let byteCount: Int

  init(_ bytes: Span<UInt8>, header: FrameHeader) throws(FormatError) {
    let end = bytes.count
    code = header.code
    tokenOffset = header.byteCount
    optionsOffset = header.byteCount + header.tokenByteCount
    byteCount = end
    if header.code == .empty && end > 2 {
      throw FormatError(.emptyMessageWithContent, at: 0)
    }

    var position = optionsOffset
    var number: UInt16 = 0
    while position < end {
      if bytes[position] == payloadMarker {
        guard position + 1 < end else { throw FormatError(.emptyPayload, at: position) }
        optionsEnd = position
        payloadOffset = position + 1
        return
      }
      let option = try OptionHeader(bytes, at: position, after: number)
      number = option.number
      position = option.valueOffset + option.valueByteCount
    }
    optionsEnd = end
    payloadOffset = end
  }
}
