/// The response to one request, written straight into the transmit buffer.
///
/// Nothing here throws: what does not fit turns the response into a 5.00 when it is finished. Options
/// come in the order of their numbers and before the payload, as in ``MessageWriter``.
public struct Response: ~Copyable {
  private var writer: MessageWriter
  private var error: WriteError?
  private(set) var state = State.unanswered
  let deferral: DeferredRequest?
  private let accept: ContentFormat?

  /// What the resource did so far.
  enum State: Equatable {
    case unanswered
    case answered
    case postponed
  }

  init(_ writer: consuming MessageWriter, accept: ContentFormat?, deferral: DeferredRequest?) {
    self.writer = writer
    self.accept = accept
    self.deferral = deferral
  }

  // MARK: Whole answers

  /// 2.05 with a payload.
  public mutating func content(_ format: ContentFormat, _ payload: Span<UInt8>) {
    begin(.content, format)
    append(payload)
  }

  /// 2.05 with a text.
  public mutating func content(_ format: ContentFormat, _ text: StaticString) {
    content(format, text.bytes)
  }

  /// 2.04 without a payload.
  public mutating func changed() {
    begin(.changed)
  }

  /// 2.02.
  public mutating func deleted() {
    begin(.deleted)
  }

  /// 2.01 without a location.
  public mutating func created() {
    begin(.created)
  }

  /// Any answer of class 4 or 5 with its diagnostic text.
  public mutating func refuse(_ refusal: Refusal) {
    begin(refusal.code)
    append(refusal.diagnostic.bytes)
  }

  // MARK: In pieces

  /// Starts the answer anew with this code: what was written before is dropped.
  public mutating func begin(_ code: Code) {
    writer.restart(code: code)
    error = nil
    state = .answered
  }

  /// Starts the answer anew with a code and a Content-Format. A format that the client does not accept
  /// makes it a 4.06 (RFC 7252 section 5.10.4).
  public mutating func begin(_ code: Code, _ format: ContentFormat) {
    guard accept == nil || accept == format else {
      begin(.notAcceptable)
      error = .payloadBegun
      return
    }
    begin(code)
    append(.contentFormat, format)
  }

  /// Appends an option with an opaque or string value.
  public mutating func append(_ number: OptionNumber, _ value: Span<UInt8>) {
    attempt { writer throws(WriteError) in try writer.append(number, value) }
  }

  /// Appends an option with an unsigned integer.
  public mutating func append(_ number: OptionNumber, uint value: UInt32) {
    attempt { writer throws(WriteError) in try writer.append(number, uint: value) }
  }

  /// Appends an option whose value is a Content-Format.
  public mutating func append(_ number: OptionNumber, _ format: ContentFormat) {
    attempt { writer throws(WriteError) in try writer.append(number, format) }
  }

  /// Appends to the payload.
  public mutating func append(_ piece: Span<UInt8>) {
    attempt { writer throws(WriteError) in try writer.append(payload: piece) }
  }

  /// Appends a text to the payload.
  public mutating func append(_ text: StaticString) {
    append(text.bytes)
  }

  /// Appends a number to the payload, in decimal digits.
  public mutating func append(decimal number: UInt32) {
    attempt { writer throws(WriteError) in try writer.append(payloadDecimal: number) }
  }

  /// Bytes that can still be appended.
  public var availableByteCount: Int { writer.availableByteCount }

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

  private mutating func attempt(_ write: (inout MessageWriter) throws(WriteError) -> Void) {
    guard error == nil else { return }
    do {
      try write(&writer)
    } catch {
      self.error = error
    }
  }

  /// - Returns: the length of the finished message.
  consuming func finish() -> Int {
    if writer.code == .notAcceptable && error != nil {
      writer.restart(code: .notAcceptable)
    } else if error != nil {
      writer.restart(code: .internalServerError)
      try? writer.append(payload: "the response does not fit")
    }
    return writer.finish()
  }
}
