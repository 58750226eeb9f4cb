/// A whole message in place, checked: what it is made of can be read without any further failure.
///
/// A view over bytes that somebody else owns; it copies nothing.
public struct Message: ~Escapable {
  private let bytes: Span<UInt8>
  let layout: MessageLayout

  /// Checks all of `bytes`, which is one message as ``FrameHeader`` measured it.
  ///
  /// - Throws: what is wrong with the options, the marker or an Empty message (RFC 7252 sections 3, 4.1).
  @inline(__always)
  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>, header: FrameHeader) throws(FormatError) {
    let layout: MessageLayout
    do throws(FormatFault) {
      layout = try MessageLayout(bytes, header: header)
    } catch {
      throw FormatError(error, at: MessageLayout.faultOffset(bytes, header))
    }
    self.init(bytes, layout: layout)
  }

  /// The same as a call, where size counts more than speed and nobody asks what is wrong.
  @_lifetime(copy bytes)
  public init?(compact bytes: Span<UInt8>, header: FrameHeader) {
    guard let layout = try? MessageLayout(bytes, header: header, isCompact: true) else { return nil }
    self.init(bytes, layout: layout)
  }

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, layout: MessageLayout) {
    self.bytes = bytes
    self.layout = layout
  }

  /// Method, response code or signal.
  public var code: Code { layout.code }

  /// The token in place, as long as the peer made it.
  public var token: Span<UInt8> {
    @inline(__always)
    @_lifetime(copy self)
    get { part(layout.tokenOffset, layout.optionsOffset) }
  }

  /// The options from the first one on.
  public var options: MessageOptions {
    @inline(__always)
    @_lifetime(copy self)
    get { MessageOptions(part(layout.optionsOffset, layout.byteCount)) }
  }

  /// The payload; empty when the message has none.
  public var payload: Span<UInt8> {
    @inline(__always)
    @_lifetime(copy self)
    get { part(layout.payloadOffset, layout.byteCount) }
  }

  /// The first option of this number, or nil.
  @_lifetime(copy self)
  public func firstOption(_ number: OptionNumber) -> MessageOption? {
    var options = self.options
    while let option = options.nextCompact() {
      if option.number == number { return option }
      if option.number > number { return nil }
    }
    return nil
  }

  // A layout was checked when it was made, and belongs to these bytes: its offsets rise and end with them.
  @inline(__always)
  @_lifetime(copy self)
  private func part(_ start: Int, _ end: Int) -> Span<UInt8> {
    unsafe bytes.uncheckedPart(start, end)
  }

  /// From the first byte of the header to the last one of the payload.
  public var byteCount: Int { layout.byteCount }
}

/// Where the parts of a checked message lie, in bytes from its start.
struct MessageLayout: Equatable {
  let code: Code
  let tokenOffset: Int
  let optionsOffset: Int
  /// Where the payload marker stands, or the end.
  let optionsEnd: Int
  let byteCount: Int

  var payloadOffset: Int { optionsEnd < byteCount ? optionsEnd &+ 1 : byteCount }

  /// That of no message.
  @inline(__always)
  init() {
    code = .empty
    tokenOffset = 0
    optionsOffset = 0
    optionsEnd = 0
    byteCount = 0
  }

  /// - Parameter isCompact: whether the walk over the options is a call, where size counts more than speed.
  @inline(__always)
  init(
    _ bytes: Span<UInt8>, header: FrameHeader, isCompact: Bool = false
  ) throws(FormatFault) {
    code = header.code
    tokenOffset = header.byteCount
    optionsOffset = header.byteCount &+ header.tokenByteCount
    byteCount = bytes.count
    if header.code == .empty && bytes.count > 2 {
      throw .emptyMessageWithContent
    }
    let options = bytes.extracting(droppingFirst: optionsOffset)
    let rest = isCompact ? try MessageLayout.checkCompact(options) : try MessageLayout.check(options)
    optionsEnd = bytes.count &- rest
    if rest == 1 { throw .emptyPayload }
  }

  /// - Returns: how many bytes there are from the payload marker on.
  @inline(__always)
  private static func check(_ options: Span<UInt8>) throws(FormatFault) -> Int {
    var cursor = OptionCursor(options)
    while try cursor.next() != nil {}
    // The cursor stops at the end or in front of the marker.
    return cursor.rest.count
  }

  @inline(never)
  private static func checkCompact(_ options: Span<UInt8>) throws(FormatFault) -> Int {
    try check(options)
  }

  /// Where the fault of a message without a layout begins: worth a second walk, so that the first one is lean.
  @inline(never)
  fileprivate static func faultOffset(_ bytes: Span<UInt8>, _ header: FrameHeader) -> Int {
    if header.code == .empty { return 0 }
    var options = MessageOptions(
      bytes.extracting(droppingFirst: header.byteCount &+ header.tokenByteCount))
    while true {
      // There is a fault: it is what the walk ends at.
      let offset = bytes.count &- options.cursor.rest.count
      guard options.nextCompact() != nil else { return offset }
    }
  }
}
