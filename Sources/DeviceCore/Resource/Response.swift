/// The response to one request, written straight into the transmit buffer.
///
/// Nothing here throws: what cannot be sent turns the response into a 5.00 when it is finished. Options come
/// in the order of their numbers and before the payload, as in ``MessageWriter``. ETag, Observe and the
/// options of block-wise transfers come by themselves.
///
/// A payload may be longer than a message: append all of it, and the part that the client asked for is sent
/// (RFC 7959). A resource with a large body saves itself the rest with ``beginBody(of:)``.
public struct Response: ~Copyable {
  var writer = MessageWriter()
  private var error: WriteError?
  private(set) var state = State.unanswered
  var body = BodyWindow()
  /// Of the representation, as far as it is known.
  private(set) var format: ContentFormat?
  /// What a later answer is known by; nil when there is no place to wait for one.
  var deferral: DeferredRequest?
  /// The format that the client wants, or nil when any will do.
  var accept: ContentFormat?
  /// The validator of the representation, for the ETag option.
  var eTag: UInt32?
  /// What Observe says when the response is a notification.
  var observe: UInt32?
  /// What Block1 says when the response is a success.
  var block1: Block?
  /// What becomes of the bytes of a body that do not fit into the message.
  var keeping = Keeping.needless
  /// Whether anything was put where answers are kept: what was there before is gone.
  private(set) var hasKept = false
  private var areEarlyOptionsDone = false
  /// Where they are kept.
  var region = ByteRegion()
  /// How many bytes are kept of a response that was finished, of which the client has to ask for the rest; zero
  /// when it has got them all.
  private(set) var keptByteCount: UInt32 = 0

  /// What the resource did so far.
  enum State: Equatable {
    case unanswered
    case answered
    /// In a format that the client does not accept.
    case unacceptable
    case postponed
  }

  /// What a body that does not fit into one message needs so that the client can have the rest of it.
  enum Keeping: UInt8 {
    /// The client asks the resource again.
    case needless
    /// Asking again works for clients that repeat all of their request.
    case helpful
    /// Asking again would do again what was done.
    case needed
    /// There is not enough memory for what is needed.
    case impossible
  }

  /// A response without a place to be written to: ``writer`` is begun by who has one.
  @inline(never)
  init() {}

  // MARK: In pieces

  /// Starts the answer anew with this code: what was written before is dropped.
  public mutating func begin(_ code: Code) {
    writer.restart(code: code)
    body.restart()
    areEarlyOptionsDone = false
    error = nil
    format = nil
    state = .answered
  }

  /// Starts the answer anew with a code and a Content-Format. A format that the client does not accept
  /// makes it a 4.06 (RFC 7252 section 5.10.4).
  public mutating func begin(_ code: Code, _ format: ContentFormat) {
    guard accept == nil || accept == format else {
      begin(.notAcceptable)
      state = .unacceptable
      return
    }
    begin(code)
    append(.contentFormat, format)
  }

  /// Appends an option with an opaque or string value.
  public mutating func append(_ number: OptionNumber, _ value: Span<UInt8>) {
    writeEarlyOptions(before: number)
    attempt { writer throws(WriteError) in try writer.appendCompact(number, value) }
  }

  /// Appends an option with an unsigned integer.
  @inline(never)
  public mutating func append(_ number: OptionNumber, uint value: UInt32) {
    writeEarlyOptions(before: number)
    attempt { writer throws(WriteError) in try writer.appendCompact(number, uint: value) }
  }

  /// Appends an option whose value is a Content-Format.
  public mutating func append(_ number: OptionNumber, _ format: ContentFormat) {
    if number == .contentFormat { self.format = format }
    append(number, uint: UInt32(format.rawValue))
  }

  /// Appends to the payload; what the client did not ask for is passed over.
  public mutating func append(_ piece: Span<UInt8>) {
    guard piece.count > 0 else { return }
    if !body.isOpen { openBody() }
    if isKept { keep(piece) }
    guard let range = body.take(piece.count) else { return }
    attempt { writer throws(WriteError) in try writer.append(payload: piece.extracting(range)) }
  }

  /// Appends a text to the payload.
  public mutating func append(_ text: StaticString) {
    append(text.bytes)
  }

  /// Appends a number to the payload, in decimal digits.
  public mutating func append(decimal number: UInt32) {
    let digits = DecimalDigits(number)
    append(digits.bytes)
  }

  // MARK: Large payloads

  /// Ends the options and says which bytes of a payload of `byteCount` bytes are wanted: go there with
  /// ``skip(to:)``, append them, and the rest need not be appended.
  public mutating func beginBody(of byteCount: UInt32) -> Range<UInt32> {
    if !body.isOpen { openBody() }
    body.declaredByteCount = byteCount
    // What is kept to be asked for again is kept whole.
    if isKept { return 0..<byteCount }
    let end = min(body.end, byteCount)
    return min(body.start, end)..<end
  }

  /// Passes over the bytes of the payload in front of `offset`, which nobody wants.
  ///
  /// - Precondition: they lie outside of what ``beginBody(of:)`` returned, and `offset` is not in front of what
  ///   was appended before.
  public mutating func skip(to offset: UInt32) {
    precondition(offset >= body.position)
    precondition(offset <= body.start || body.position >= body.end)
    body.position = offset
  }

  /// Whether all wanted bytes have been appended, so that nothing more is needed after ``beginBody(of:)``.
  public var isBodyComplete: Bool {
    !isKept && body.isOpen && body.position >= min(body.end, body.byteCount)
  }

  // MARK: Later

  /// Answers later, with ``Connection/respond(to:at:_:)``: nothing is sent now, other requests go on.
  ///
  /// - Throws: 5.03 when as many requests are waiting as the memory has entries for, or when the token is
  ///   too long to be kept (RFC 8974 section 2.2.1).
  public mutating func postpone() throws(Refusal) -> DeferredRequest {
    guard let deferral else { throw .serviceUnavailable("too many requests waiting") }
    state = .postponed
    return deferral
  }

  // MARK: Inside

  /// The code as far as it is known.
  var code: Code { writer.code }

  private var isKept: Bool { keeping == .helpful || keeping == .needed }

  @inline(never)
  private mutating func keep(_ piece: Span<UInt8>) {
    // As long as the message has all of it, nothing need be kept, and another answer that is kept stays.
    guard body.position &+ UInt32(truncatingIfNeeded: piece.count) > body.end else { return }
    // The beginning is in the message, whose window begins at 0.
    let isBegun = body.position > body.end || region.store(writer.payload, at: 0)
    if isBegun { hasKept = true }
    if !isBegun || !region.store(piece, at: body.position) {
      keeping = keeping == .helpful ? .needless : .impossible
    }
  }

  private mutating func attempt(_ write: (inout MessageWriter) throws(WriteError) -> Void) {
    guard error == nil, state != .unacceptable else { return }
    do {
      try write(&writer)
    } catch {
      self.error = error
    }
  }

  /// ETag and Observe, which stand in front of all other options of a response.
  @inline(__always)
  private mutating func writeEarlyOptions(before number: OptionNumber) {
    if !areEarlyOptionsDone && number > .observe { writeEarlyOptions() }
  }

  @inline(never)
  private mutating func writeEarlyOptions() {
    areEarlyOptionsDone = true
    if let eTag, writer.code == .content || writer.code == .valid {
      let bytes = Token(eTag)
      var space = InlineArray<8, UInt8>(repeating: 0)
      attempt { writer throws(WriteError) in
        try writer.appendCompact(.eTag, bytes.copied(to: &space))
      }
    }
    if let observe, writer.code.isSuccess {
      attempt { writer throws(WriteError) in try writer.appendCompact(.observe, uint: observe) }
    }
  }

  @inline(never)
  private mutating func openBody() {
    writeEarlyOptions(before: .block2)
    let room = writer.availableByteCount &- 1 &- (block1 == nil ? 0 : 5)
    if !body.open(room: room, isWhole: !writer.code.isSuccess) { error = .tooLarge }
  }

  /// Completes the message: code, format and ``keptByteCount`` are those that were sent.
  ///
  /// - Returns: how many bytes the message has.
  @inline(never)
  mutating func finish() -> Int {
    writeEarlyOptions(before: .block2)
    if state == .unacceptable {
      writer.restart(code: .notAcceptable)
    } else if error == nil {
      placeBlocks()
    }
    if error != nil {
      keptByteCount = 0
      writer.restart(code: .internalServerError)
      try? writer.append(payload: "the response does not fit")
    }
    return writer.finish()
  }

  /// Says which block this is, if it is one.
  private mutating func placeBlocks() {
    guard writer.code.isSuccess else { return }
    let total = body.byteCount
    var block: Block?
    if let asked = body.asked, total > 0 || asked.number > 0 {
      if !body.isOpen { openBody() }
      guard total > body.start else {
        writer.restart(code: .badRequest)
        try? writer.append(payload: "no such block")
        return
      }
      block = Block(offset: body.start, isMore: total > body.end, size: body.size)
      // It has no number in blocks of the size that fits.
      guard block != nil else {
        error = .tooLarge
        return
      }
    } else if total > body.end {
      guard let fit = body.largest.fitting(Int(body.end) &- BodyWindow.reserve) else {
        error = .tooLarge
        return
      }
      writer.truncatePayload(to: fit.byteCount)
      block = Block(offset: 0, isMore: true, size: fit.size)
    }
    let block1 = block1
    attempt { writer throws(WriteError) in
      if let block { try writer.insert(.block2, uint: block.rawValue) }
      if let block1 { try writer.insert(.block1, uint: block1.rawValue) }
    }
    // Nobody relies on it.
    if body.wantsSize || (block != nil && body.asked == nil) {
      try? writer.insert(.size2, uint: total)
    }
    guard let block, block.isMore else { return }
    if keeping == .impossible { error = .tooLarge }
    if isKept { keptByteCount = total }
  }
}
