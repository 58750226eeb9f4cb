/// What the options of a request say, gathered in one pass.
struct RequestOptions {
  // In an order that leaves no gaps: each request is on the stack twice.
  private(set) var block1: Block?
  /// Whether the client wants to know how large the body of the answer is (RFC 7959 section 4).
  private(set) var wantsSize = false
  private(set) var observe: ObserveAction?
  /// Classes of responses that the client does not want: bit n - 1 for class n (RFC 7967 section 2.1).
  private(set) var unwantedClasses: UInt8 = 0
  private(set) var block2: Block?
  private(set) var hasIfMatch = false
  var hasIfNoneMatch = false
  private(set) var hasETag = false
  /// What the client says that its body has, in bytes.
  private(set) var size1: UInt32?
  private(set) var accept: ContentFormat?
  private(set) var contentFormat: ContentFormat?
  /// Of all segments of the path, with a "/" in front of each.
  private(set) var pathByteCount = 0
  /// The answer that is due before any resource is asked.
  private(set) var objection: Objection?

  /// What Observe asks for (RFC 7641 section 2).
  enum ObserveAction: UInt8 {
    case register, deregister
  }

  /// Why no resource can take the request.
  enum Objection: Equatable {
    /// 4.02 (RFC 7252 section 5.4.1).
    case unrecognized(OptionNumber)
    /// 5.05 (RFC 7252 section 5.10.2).
    case proxying
    /// 4.00: a path segment "." or ".." (RFC 7252 section 5.10.1).
    case dotSegment
    /// 4.00 (RFC 8768 section 3).
    case hopLimitZero
  }

  /// Those of a request without any.
  @inline(__always)
  init() {}

  /// - Precondition: nothing has been read.
  @inline(never)
  mutating func read(_ message: Message) {
    var options = message.options
    var previous: UInt16 = 0
    while let option = options.nextCompact() {
      let number = option.number
      let isRepeated = number.rawValue == previous
      previous = number.rawValue
      note(option, isRepeated: isRepeated)
    }
  }

  private mutating func note(_ option: MessageOption, isRepeated: Bool) {
    let number = option.number
    if number == .proxyURI || number == .proxyScheme { return object(.proxying) }
    // Unknown, repeated without leave, or of a wrong length: all the same (RFC 7252 section 5.4.3).
    guard let rule = number.rule, rule.allows(length: option.value.count),
      rule.isRepeatable || !isRepeated
    else {
      if number.isCritical { object(.unrecognized(number)) }
      return
    }
    let value = rule.format == .uint ? option.uint ?? 0 : 0
    switch number {
    case .uriPath:
      pathByteCount &+= 1 &+ option.value.count
      if option.value.isDotSegment { object(.dotSegment) }
    case .uriQuery, .uriHost, .uriPort: break
    case .accept: accept = ContentFormat(rawValue: UInt16(truncatingIfNeeded: value))
    case .contentFormat: contentFormat = ContentFormat(rawValue: UInt16(truncatingIfNeeded: value))
    case .block1: block1 = Block(rawValue: value)
    case .block2: block2 = Block(rawValue: value)
    case .size1: size1 = value
    case .size2: wantsSize = value == 0
    case .observe: observe = ObserveAction(rawValue: UInt8(truncatingIfNeeded: min(value, 2)))
    case .ifMatch: hasIfMatch = true
    case .ifNoneMatch: hasIfNoneMatch = true
    case .eTag: hasETag = true
    case .noResponse: unwantedClasses = UInt8(truncatingIfNeeded: value)
    case .hopLimit: if value == 0 { object(.hopLimitZero) }
    // Known, but not supported.
    default: if number.isCritical { object(.unrecognized(number)) }
    }
  }

  /// Whether it matters for more than its answer which resource the request is for.
  var needsTraits: Bool {
    objection == nil && (block1 != nil || observe != nil || block2 != nil)
  }

  /// Whether the request wants to observe and can be kept, to be answered again.
  var canBeginObservation: Bool {
    observe == .register && block2?.number ?? 0 == 0 && block1 == nil && unwantedClasses == 0
  }

  /// Whether the payload is a whole body, or the beginning of one.
  var beginsBody: Bool {
    if let block1 { return block1.number == 0 }
    return block2?.number ?? 0 == 0
  }

  private mutating func object(_ objection: Objection) {
    if self.objection == nil { self.objection = objection }
  }
}

extension Code {
  /// Whether a client that does not want these classes of responses does not want this one (RFC 7967
  /// section 2.1).
  func isSuppressed(by unwantedClasses: UInt8) -> Bool {
    unwantedClasses &>> (codeClass &- 1) & 1 != 0
  }
}
