/// What a request for `/.well-known/core` wants to see: the links with this attribute (RFC 6690
/// section 4.1).
///
/// One query `name=value` filters; without one, with several, or without a "=" every link is shown. A "*"
/// at the end of the value stands for any rest. Bytes are compared, as they are in the Uri-Query option.
public struct LinkFilter: ~Escapable {
  private let name: Span<UInt8>
  private let value: Span<UInt8>
  private let isPrefix: Bool
  private let showsAll: Bool

  @_lifetime(copy request)
  init(_ request: Request) {
    var query = request.message.payload.extracting(first: 0)
    var count = 0
    var options = request.message.options
    while let option = options.nextCompact() {
      guard option.number == .uriQuery else { continue }
      query = option.value
      count += 1
    }
    var nameEnd = 0
    while nameEnd < query.count, query[nameEnd] != 0x3d { nameEnd += 1 }
    showsAll = count != 1 || nameEnd == query.count
    name = query.extracting(first: nameEnd)
    let text = query.extracting(droppingFirst: showsAll ? nameEnd : nameEnd + 1)
    isPrefix = text.count > 0 && text[text.count - 1] == 0x2a
    value = text.extracting(droppingLast: isPrefix ? 1 : 0)
  }

  /// Whether the link to this path is shown.
  func shows(_ path: StaticString, _ attributes: LinkAttributes) -> Bool {
    if showsAll { return true }
    if name.isEqual(to: "href") { return matchesTarget(path.bytes) }
    if name.isEqual(to: "rt") { return matchesAnyWord(of: attributes.resourceType) }
    if name.isEqual(to: "if") { return matchesAnyWord(of: attributes.interface) }
    if name.isEqual(to: "ct") { return matchesAnyWord(of: attributes.contentFormats) }
    // What is hosted here, as no link says anything else (RFC 6690 section 2.2).
    if name.isEqual(to: "rel") { return matches("hosts") }
    if name.isEqual(to: "title") { return matches(attributes.title) }
    if name.isEqual(to: "sz") {
      let digits = DecimalDigits(attributes.maximumSize)
      return attributes.maximumSize > 0 && matches(digits.bytes)
    }
    // It has no value.
    return name.isEqual(to: "obs") && attributes.isObservable && value.count == 0
  }

  /// An empty text is an attribute that is not there.
  private func matches(_ text: StaticString) -> Bool {
    text.utf8CodeUnitCount > 0 && matches(text.bytes)
  }

  private func matches(_ text: Span<UInt8>) -> Bool {
    guard isPrefix ? text.count >= value.count : text.count == value.count else { return false }
    return text.extracting(first: value.count).isEqual(to: value)
  }

  /// The target is a "/" and the path.
  private func matchesTarget(_ path: Span<UInt8>) -> Bool {
    guard value.count > 0 else { return isPrefix }
    let rest = value.count - 1
    guard value[0] == 0x2f, isPrefix ? path.count >= rest : path.count == rest else { return false }
    return path.extracting(first: rest).isEqual(to: value.extracting(droppingFirst: 1))
  }

  /// One of the words between blanks, or all of them.
  private func matchesAnyWord(of text: StaticString) -> Bool {
    if matches(text) { return true }
    let list = text.bytes
    var start = 0
    for index in 0...list.count where index == list.count || list[index] == 0x20 {
      if index > start, matches(list.extracting(start..<index)) { return true }
      start = index + 1
    }
    return false
  }
}
