/// What the options of a request say, gathered in one pass.
struct RequestOptions {
  private(set) var accept: ContentFormat?
  private(set) var contentFormat: ContentFormat?
  /// The answer that is due before any resource is asked.
  private(set) var objection: Objection?

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

  init(_ message: Message) {
    var options = message.options
    var previous: UInt16 = 0
    while let option = options.next() {
      let number = option.number
      let isRepeated = number.rawValue == previous
      previous = number.rawValue
      note(option, isRepeated: isRepeated)
    }
  }

  private mutating func note(_ option: MessageOption, isRepeated: Bool) {
    let value = option.value
    switch option.number {
    case .uriPath where value.count <= 255:
      if value.isDotSegment { object(.dotSegment) }
    case .uriQuery where value.count <= 255: break
    case .uriHost where !isRepeated && value.count >= 1 && value.count <= 255: break
    case .uriPort where !isRepeated && value.count <= 2: break
    case .accept where !isRepeated && value.count <= 2:
      accept = format(option)
    case .contentFormat where !isRepeated && value.count <= 2:
      contentFormat = format(option)
    case .proxyURI, .proxyScheme: object(.proxying)
    case .hopLimit where !isRepeated && value.count == 1 && value[0] == 0: object(.hopLimitZero)
    default:
      // Unknown, repeated without leave, or of a wrong length: all the same (RFC 7252 section 5.4.3).
      if option.number.isCritical { object(.unrecognized(option.number)) }
    }
  }

  private mutating func object(_ objection: Objection) {
    if self.objection == nil { self.objection = objection }
  }

  private func format(_ option: MessageOption) -> ContentFormat? {
    option.uint.map { ContentFormat(rawValue: UInt16(truncatingIfNeeded: $0)) }
  }
}
