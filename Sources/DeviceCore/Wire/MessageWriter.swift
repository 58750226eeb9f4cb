/// Writes one message straight into the memory from which it will be sent.
///
/// The order is: options by rising number, then the payload in as many pieces as you like. A call that
/// throws has changed nothing. The header is written last, when the length of the body is known; until
/// then the body stands where the commonest form of header (bodies of 13 to 268 bytes) leaves it.
@safe
public struct MessageWriter: ~Copyable {
  // Points into memory that the connection's owner keeps in place; never handed out. What is not private is for the
  // encoding of options alone.
  var base: UnsafeMutablePointer<UInt8>
  private var tokenByteCount = 0
  private var bodyOffset = 0
  var bodyEnd = 0
  var position = 0
  /// Where the payload begins, marker included; zero while options can be appended.
  var markerPosition = 0
  var lastNumber: UInt16 = 0
  /// What goes into the message's header.
  public var code = Code.empty

  // Len/TKL, one byte of extended Len, Code: what precedes the token while the body is being written.
  private static var reservedByteCount: Int { 3 }
  /// Room that a region needs beyond the largest message.
  static var slackByteCount: Int { 1 }

  /// A writer that has no room for anything, and writes nothing.
  init() {
    // Never read or written: there is no room in front of its end.
    unsafe base = UnsafeMutablePointer(bitPattern: 1).unsafelyUnwrapped
  }

  /// - Parameters: see ``begin(region:limit:code:token:)``.
  /// - Throws: ``WriteError/tooLarge`` when not even the token fits.
  @unsafe
  init(
    region: UnsafeMutableBufferPointer<UInt8>, limit: Int, code: Code, token: Span<UInt8>
  ) throws(WriteError) {
    self.init()
    guard unsafe begin(region: region, limit: limit, code: code, token: token) else { throw .tooLarge }
  }

  /// Begins a message. A writer that is begun where it stays need not be copied there.
  ///
  /// - Parameters:
  ///   - region: at least `limit` and ``slackByteCount`` bytes; they stay in place while this value lives.
  ///   - limit: the largest whole message in bytes.
  /// - Returns: false when not even the token fits.
  /// - Precondition: nothing was begun before.
  @unsafe
  mutating func begin(
    region: UnsafeMutableBufferPointer<UInt8>, limit: Int, code: Code, token: Span<UInt8>
  ) -> Bool {
    guard let base = region.baseAddress, limit < region.count else { return false }
    let extended = MessageWriter.extensionWidth(token.count)
    let room = limit &- 2 &- extended &- token.count
    guard room >= 0 else { return false }
    let tokenOffset = MessageWriter.reservedByteCount &+ extended
    unsafe self.base = base
    self.code = code
    tokenByteCount = token.count
    bodyOffset = tokenOffset &+ token.count
    bodyEnd = bodyOffset &+ MessageWriter.largestBody(room)
    position = bodyOffset
    unsafe copy(token, to: tokenOffset)
    return true
  }

  /// Bytes that can still be appended, a payload marker included.
  @inline(__always)
  public var availableByteCount: Int { bodyEnd &- position }

  /// Whether nothing but the code and the token has been written.
  public var isEmpty: Bool { position == bodyOffset }

  // MARK: Options

  /// Appends an option with an opaque or string value.
  @inline(__always)
  public mutating func append(_ number: OptionNumber, _ value: Span<UInt8>) throws(WriteError) {
    // Nor "." and ".." as a segment of a path (RFC 7252 section 5.10.1).
    if number == .uriPath || number == .locationPath, value.count <= 2, value.isDotSegment,
      !code.isSignaling
    {
      throw .invalidValue
    }
    try check(number, length: value.count)
    try appendChecked(number, value)
  }

  /// Appends an option whose value is a text.
  public mutating func append(_ number: OptionNumber, _ text: StaticString) throws(WriteError) {
    try append(number, text.bytes)
  }

  /// Appends an option with an unsigned integer in as few bytes as it needs, none for zero
  /// (RFC 7252 section 3.2).
  @inline(__always)
  public mutating func append(_ number: OptionNumber, uint value: UInt32) throws(WriteError) {
    try check(number, length: uintByteCount(value))
    try appendChecked(number, uint: value)
  }

  /// ``append(_:_:)`` as a call, where size counts more than speed.
  @inline(never)
  public mutating func appendCompact(
    _ number: OptionNumber, _ value: Span<UInt8>
  ) throws(WriteError) {
    try append(number, value)
  }

  /// ``append(_:uint:)`` as a call, where size counts more than speed.
  @inline(never)
  public mutating func appendCompact(
    _ number: OptionNumber, uint value: UInt32
  ) throws(WriteError) {
    try append(number, uint: value)
  }

  /// Appends an option whose value is a Content-Format.
  public mutating func append(_ number: OptionNumber, _ format: ContentFormat) throws(WriteError) {
    try append(number, uint: UInt32(format.rawValue))
  }

  /// Appends an option without a value.
  public mutating func append(empty number: OptionNumber) throws(WriteError) {
    try append(number, uint: 0)
  }

  /// Appends one Uri-Path option for each segment of `path`, which is split at "/".
  ///
  /// `""` appends nothing; `"a/b"` appends `a` and `b`. The segments are bytes as they go on the wire:
  /// nothing is percent-decoded.
  public mutating func append(path: Span<UInt8>) throws(WriteError) {
    guard path.count > 0 else { return }
    let before = (position: position, lastNumber: lastNumber)
    var start = 0
    do throws(WriteError) {
      for index in 0...path.count where index == path.count || path[index] == 0x2f {
        try append(.uriPath, path.extracting(start..<index))
        start = index + 1
      }
    } catch {
      position = before.position
      lastNumber = before.lastNumber
      throw error
    }
  }

  /// Appends the Uri-Path options of a path.
  public mutating func append(path: StaticString) throws(WriteError) {
    try append(path: path.bytes)
  }

  // MARK: Payload

  /// Appends to the payload. The marker comes with the first byte; an empty piece writes nothing
  /// (RFC 7252 section 3).
  public mutating func append(payload piece: Span<UInt8>) throws(WriteError) {
    guard piece.count > 0 else { return }
    if markerPosition == 0 {
      guard piece.count < availableByteCount else { throw .tooLarge }
      store(OptionCursor.payloadMarker, at: position)
      markerPosition = position
      position &+= 1
    } else {
      guard piece.count <= availableByteCount else { throw .tooLarge }
    }
    unsafe copy(piece, to: position)
    position &+= piece.count
  }

  /// Appends a text to the payload.
  public mutating func append(payload text: StaticString) throws(WriteError) {
    try append(payload: text.bytes)
  }

  /// Appends a number in decimal digits.
  public mutating func append(payloadDecimal number: UInt32) throws(WriteError) {
    let digits = DecimalDigits(number)
    try append(payload: digits.bytes)
  }

  // MARK: Inside

  /// Writes the header in front of the body and closes the gap between them.
  ///
  /// - Returns: the length of the message, which begins at the start of the region.
  @inline(never)
  mutating func finish() -> Int {
    let body = position &- bodyOffset
    if body > 12 && body < 269 && tokenByteCount < 13 {
      store(UInt8(truncatingIfNeeded: 0xd0 | tokenByteCount), at: 0)
      store(UInt8(truncatingIfNeeded: body &- 13), at: 1)
      store(code.rawValue, at: 2)
      return position
    }
    return finishWithShift(body)
  }

  @inline(never)
  private mutating func finishWithShift(_ body: Int) -> Int {
    let width = MessageWriter.extensionWidth(body)
    let shift = width &- 1
    if shift != 0 {
      let start = unsafe base + (MessageWriter.reservedByteCount)
      unsafe UnsafeMutableRawPointer(start + shift).copyMemory(
        from: start, byteCount: position &- MessageWriter.reservedByteCount)
    }
    let tokenNibble = tokenByteCount < 13 ? tokenByteCount : tokenByteCount < 269 ? 13 : 14
    let lengthNibble = width == 0 ? body : width == 4 ? 15 : 12 &+ width
    store(UInt8(truncatingIfNeeded: lengthNibble &<< 4 | tokenNibble), at: 0)
    unsafe writeExtension(body, width: width, to: base + 1)
    store(code.rawValue, at: 1 &+ width)
    let tokenWidth = MessageWriter.extensionWidth(tokenByteCount)
    unsafe writeExtension(tokenByteCount, width: tokenWidth, to: base + (2 &+ width))
    return position &+ shift
  }

  /// Drops options and payload: what follows is a new message with the same token.
  mutating func restart(code: Code) {
    self.code = code
    position = bodyOffset
    lastNumber = 0
    markerPosition = 0
  }

  /// Puts an option with an unsigned integer between the last one and the payload, which moves.
  ///
  /// - Precondition: the option may have this value, and is not there yet.
  @inline(never)
  mutating func insert(_ number: OptionNumber, uint value: UInt32) throws(WriteError) {
    guard number.rawValue >= lastNumber else { throw .outOfOrder }
    let start = markerPosition
    guard start != 0 else { return try appendLong(number, uint: value) }
    let delta = Int(number.rawValue &- lastNumber)
    let width = 1 &+ MessageWriter.extensionWidth(delta) &+ uintByteCount(value)
    guard width <= availableByteCount else { throw .tooLarge }
    let end = position
    unsafe UnsafeMutableRawPointer(base + (start &+ width)).copyMemory(
      from: base + start, byteCount: end &- start)
    position = start
    try appendLong(number, uint: value)
    markerPosition = position
    position = end &+ width
  }

  /// What has been appended to the payload.
  var payload: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      let start = markerPosition != 0 ? markerPosition &+ 1 : position
      let span = unsafe Span(_unsafeStart: base + start, count: position &- start)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Drops all of the payload but its first bytes.
  ///
  /// - Precondition: there are as many.
  mutating func truncatePayload(to count: Int) {
    let start = markerPosition
    guard start != 0 else { return precondition(count == 0) }
    precondition(count >= 0 && count < position &- start)
    position = count == 0 ? start : start &+ 1 &+ count
    if count == 0 { markerPosition = 0 }
  }

  /// The longest body of a message that has `room` bytes for the body and its extended length.
  private static func largestBody(_ room: Int) -> Int {
    if room < 13 { return room }
    if room < 270 { return room == 13 ? 12 : room - 1 }
    if room < 65807 { return room == 270 ? 268 : room - 2 }
    return room < 65809 ? 65804 : room - 4
  }

  /// - Precondition: the caller has checked that `offset` is within the region.
  @inline(__always)
  func store(_ byte: UInt8, at offset: Int) {
    unsafe base[offset] = byte
  }

  /// - Precondition: the caller has checked that `bytes` fits at `offset`.
  @unsafe
  @inline(__always)
  func copy(_ bytes: Span<UInt8>, to offset: Int) {
    unsafe bytes.withUnsafeBufferPointer { source in
      guard let start = source.baseAddress else { return }
      // Not `update(from:count:)`, which Embedded mode compiles to a call for every byte.
      unsafe UnsafeMutableRawPointer(base + offset).copyMemory(
        from: start, byteCount: source.count)
    }
  }
}
