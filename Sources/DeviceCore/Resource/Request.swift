/// A request as a resource sees it: the message in place, and what its options say.
///
/// A value that exists has passed the checks that every server owes (RFC 7252 section 5.4): each option
/// was read once, ill-formed elective ones are as good as absent.
public struct Request: ~Escapable {
  /// The whole message, valid as long as this view.
  public private(set) var message: Message
  var options: RequestOptions
  /// Where the payload lies in its body, for a resource that takes bodies in parts
  /// (``Resource/largestStreamedBody``); nil when the payload is the whole body.
  public internal(set) var part: BodyPart?
  /// The payload in place, all of it even if it came in blocks; empty when there is none. Just a part of it
  /// when ``part`` says so.
  public private(set) var payload: Span<UInt8>

  /// A request that says nothing.
  @inline(__always)
  @_lifetime(immortal)
  init() {
    message = Message(StaticString("").bytes, layout: MessageLayout())
    options = RequestOptions()
    payload = StaticString("").bytes
  }

  @inline(__always)
  @_lifetime(self: copy message)
  mutating func begin(_ message: Message) {
    self.message = message
    options.read(message)
    payload = message.payload
  }

  /// Makes `body` the payload.
  ///
  /// - Precondition: it lives as long as the message.
  @unsafe
  @_lifetime(self: copy self)
  mutating func use(body: Span<UInt8>) {
    payload = unsafe _overrideLifetime(body, copying: self)
  }

  /// What is asked for: a code of class 0, known or not.
  public var method: Code { message.code }

  /// The format that the client wants, or nil when any will do (RFC 7252 section 5.10.4).
  public var accept: ContentFormat? { options.accept }

  /// The format of the payload, or nil when the client said none (RFC 7252 section 5.10.3).
  public var contentFormat: ContentFormat? { options.contentFormat }

  /// Throws 4.06 unless the client takes this format. Call it before anything is changed.
  public func requireAccept(_ format: ContentFormat) throws(Refusal) {
    if let accept, accept != format { throw .notAcceptable }
  }

  /// Throws 4.15 unless the payload has one of these formats; no format at all passes.
  public func requireContentFormat(_ format: ContentFormat) throws(Refusal) {
    if let contentFormat, contentFormat != format { throw .unsupportedContentFormat }
  }

  /// Whether one of the request's options with this number has this value.
  func has(_ number: OptionNumber, _ value: Span<UInt8>) -> Bool {
    var options = message.options
    while let option = options.nextCompact() {
      if option.number > number { break }
      if option.number == number && option.isEqual(to: value) { return true }
    }
    return false
  }

  /// The value of Echo, with which the client shows that the request is fresh (RFC 9175 section 2); nil when
  /// there is none.
  public var echo: Span<UInt8>? {
    @_lifetime(copy self)
    get {
      guard let option = message.firstOption(.echo), option.value.count >= 1, option.value.count <= 40
      else { return nil }
      return option.value
    }
  }

  /// Whether the Uri-Path options are the segments of `path`, which is split at "/"; "" is the root.
  public func hasPath(_ path: StaticString) -> Bool {
    hasPath(path.bytes)
  }

  /// Whether the Uri-Path options are the segments of `path`, as for a text.
  public func hasPath(_ path: Span<UInt8>) -> Bool {
    guard path.count > 0 else { return options.pathByteCount == 0 }
    // Nearly every path that is another one ends here, without a call.
    return options.pathByteCount == path.count + 1 && hasSegments(path)
  }

  @inline(never)
  private func hasSegments(_ path: Span<UInt8>) -> Bool {
    var options = message.options
    var start = 0
    while start <= path.count, let option = options.nextCompact() {
      if option.number < .uriPath { continue }
      var end = start
      while end < path.count && path[end] != 0x2f { end += 1 }
      guard option.isEqual(to: path.extracting(start..<end)) else { return false }
      // Behind the last segment it is beyond the path.
      start = end + 1
    }
    return true
  }

  /// The value of the Uri-Query option `name=value`, or nil.
  @_lifetime(copy self)
  public func query(_ name: StaticString) -> Span<UInt8>? {
    let name = name.bytes
    var options = message.options
    while let option = options.nextCompact() {
      if option.number > .uriQuery { break }
      guard option.number == .uriQuery, option.value.count > name.count,
        option.value[name.count] == 0x3d,
        option.value.extracting(first: name.count).isEqual(to: name)
      else { continue }
      return option.value.extracting(droppingFirst: name.count + 1)
    }
    return nil
  }
}
