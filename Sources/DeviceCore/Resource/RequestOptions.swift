/// What the options of a request say, gathered in one pass.
struct RequestOptions {
  private(set) var accept: ContentFormat?
  private(set) var contentFormat: ContentFormat?
  private(set) var block1: Block?
  private(set) var block2: Block?
  /// What the client says that its body has, in bytes.
  private(set) var size1: UInt32?
  /// Whether the client wants to know how large the body of the answer is (RFC 7959 section 4).
  private(set) var wantsSize = false
  private(set) var observe: ObserveAction?
  /// Classes of responses that the client does not want: bit n - 1 for class n (RFC 7967 section 2.1).
  private(set) var unwantedClasses: UInt8 = 0
  private(set) var hasIfMatch = false
  var hasIfNoneMatch = false
  private(set) var hasETag = false
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
    let count = option.value.count
    switch option.number {
    case .uriPath where count <= 255:
      if option.value.isDotSegment { object(.dotSegment) }
    case .uriQuery where count <= 255: break
    case .uriHost where !isRepeated && count >= 1 && count <= 255: break
    case .uriPort where !isRepeated && count <= 2: break
    case .accept where !isRepeated && count <= 2:
      accept = format(option)
    case .contentFormat where !isRepeated && count <= 2:
      contentFormat = format(option)
    case .block1 where !isRepeated && count <= 3:
      block1 = Block(option)
    case .block2 where !isRepeated && count <= 3:
      block2 = Block(option)
    case .size1 where !isRepeated:
      size1 = option.uint
    case .size2 where !isRepeated:
      wantsSize = option.uint == 0
    case .observe where !isRepeated && count <= 3:
      observe = option.uint.flatMap { ObserveAction(rawValue: UInt8(truncatingIfNeeded: min($0, 2))) }
    case .ifMatch where count <= 8: hasIfMatch = true
    case .ifNoneMatch where !isRepeated && count == 0: hasIfNoneMatch = true
    case .eTag where count >= 1 && count <= 8: hasETag = true
    case .noResponse where !isRepeated && count <= 1:
      unwantedClasses = UInt8(truncatingIfNeeded: option.uint ?? 0)
    case .proxyURI, .proxyScheme: object(.proxying)
    case .hopLimit where !isRepeated && count == 1 && option.value[0] == 0: object(.hopLimitZero)
    default:
      // Unknown, repeated without leave, or of a wrong length: all the same (RFC 7252 section 5.4.3).
      if option.number.isCritical { object(.unrecognized(option.number)) }
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

  private func format(_ option: MessageOption) -> ContentFormat? {
    option.uint.map { ContentFormat(rawValue: UInt16(truncatingIfNeeded: $0)) }
  }
}

extension Code {
  /// Whether a client that does not want these classes of responses does not want this one (RFC 7967
  /// section 2.1).
  func isSuppressed(by unwantedClasses: UInt8) -> Bool {
    unwantedClasses &>> (codeClass &- 1) & 1 != 0
  }
}
