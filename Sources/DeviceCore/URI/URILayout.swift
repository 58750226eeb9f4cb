/// Where the parts of a checked URI lie, in bytes from its start.
struct URILayout {
  let scheme: URIScheme
  let hostForm: CoAPURI.HostForm
  /// Without brackets.
  let host: Range<Int>
  let port: UInt16
  /// Empty, or from a "/" on.
  let path: Range<Int>
  /// Behind the "?", if there is one.
  let query: Range<Int>?

  init(_ text: Span<UInt8>) throws(URIError) {
    let colon = try URILayout.schemeEnd(text)
    guard let scheme = URIScheme(text.extracting(first: colon)) else {
      throw URIError(.unknownScheme, at: 0)
    }
    self.scheme = scheme

    let start = colon + 3
    guard text.count >= start, text[colon + 1] == 0x2f, text[colon + 2] == 0x2f
    else { throw URIError(.missingHost, at: colon + 1) }
    let end = text.firstIndex(from: start) { $0 == 0x2f || $0 == 0x3f || $0 == 0x23 }
    let authority = try Authority(text, start..<end)
    hostForm = authority.hostForm
    host = authority.host
    port = authority.port ?? scheme.defaultPort

    let pathEnd = text.firstIndex(from: end) { $0 == 0x3f || $0 == 0x23 }
    path = end..<pathEnd
    if pathEnd > end + 1 {
      try text.checkParts(end + 1..<pathEnd, splitAt: 0x2f, tooLong: .segmentTooLong)
    }
    if pathEnd < text.count, text[pathEnd] == 0x3f {
      let queryEnd = text.firstIndex(from: pathEnd) { $0 == 0x23 }
      query = pathEnd + 1..<queryEnd
      try text.checkParts(pathEnd + 1..<queryEnd, splitAt: 0x26, tooLong: .argumentTooLong)
      guard queryEnd == text.count else { throw URIError(.fragment, at: queryEnd) }
    } else {
      query = nil
      guard pathEnd == text.count else { throw URIError(.fragment, at: pathEnd) }
    }
  }

  /// The colon behind the scheme.
  private static func schemeEnd(_ text: Span<UInt8>) throws(URIError) -> Int {
    let end = text.firstIndex(from: 0) { !$0.isSchemeCharacter }
    guard end > 0, end < text.count, text[end] == 0x3a, text[0].isLetter
    else { throw URIError(.missingScheme, at: 0) }
    return end
  }
}

/// Host and port (RFC 3986 section 3.2).
private struct Authority {
  let hostForm: CoAPURI.HostForm
  let host: Range<Int>
  /// Nil for none and for an empty one.
  let port: UInt16?

  init(_ text: Span<UInt8>, _ range: Range<Int>) throws(URIError) {
    for index in range where text[index] == 0x40 {
      throw URIError(.userInformation, at: range.lowerBound)
    }
    guard !range.isEmpty else { throw URIError(.missingHost, at: range.lowerBound) }
    var end: Int
    if text[range.lowerBound] == 0x5b {
      let close = text.firstIndex(from: range.lowerBound) { $0 == 0x5d }
      guard close < range.upperBound else {
        throw URIError(.invalidIPv6Address, at: range.lowerBound)
      }
      hostForm = .ipv6
      host = range.lowerBound + 1..<close
      try Authority.checkIPv6(text, host)
      end = close + 1
      guard end == range.upperBound || text[end] == 0x3a else {
        throw URIError(.invalidHost, at: end)
      }
    } else {
      end = min(range.upperBound, text.firstIndex(from: range.lowerBound) { $0 == 0x3a })
      host = range.lowerBound..<end
      hostForm = try Authority.checkName(text, host)
    }
    guard end < range.upperBound else {
      port = nil
      return
    }
    port = try Authority.port(text, end + 1..<range.upperBound)
  }

  private static func checkIPv6(_ text: Span<UInt8>, _ range: Range<Int>) throws(URIError) {
    for index in range where text[index] == percentSign {
      throw URIError(.zoneIdentifier, at: index)
    }
    guard let address = IPAddress(v6: text.extracting(range)) else {
      throw URIError(.invalidIPv6Address, at: range.lowerBound)
    }
    guard !address.isMulticast else { throw URIError(.multicastHost, at: range.lowerBound) }
  }

  /// A name, or an IPv4 address, which looks like one.
  private static func checkName(
    _ text: Span<UInt8>, _ range: Range<Int>
  ) throws(URIError) -> CoAPURI.HostForm {
    guard !range.isEmpty else { throw URIError(.missingHost, at: range.lowerBound) }
    if let address = IPAddress(v4: text.extracting(range)) {
      guard !address.isMulticast else { throw URIError(.multicastHost, at: range.lowerBound) }
      return .ipv4
    }
    var position = range.lowerBound
    var count = 0
    var isNumeric = true
    while position < range.upperBound {
      let start = position
      guard text[start] == percentSign || text[start].isNameCharacter else {
        throw URIError(.invalidHost, at: start)
      }
      guard let byte = text.percentDecodedByte(&position), position <= range.upperBound else {
        throw URIError(.invalidPercentEncoding, at: start)
      }
      // No resolver can be asked for these: a zero would end what it is asked for, and with a colon it
      // would be asked for an address.
      guard byte > 0x20 && byte != 0x7f && byte != 0x3a else { throw URIError(.invalidHost, at: start) }
      count += 1
      guard count <= 255 else { throw URIError(.hostTooLong, at: range.lowerBound) }
      if byte != 0x2e && byte.decimalDigit == nil { isNumeric = false }
    }
    // A resolver would take it for an address, of which all checks above know nothing.
    guard !isNumeric || count == range.count else {
      throw URIError(.invalidHost, at: range.lowerBound)
    }
    return .name
  }

  private static func port(
    _ text: Span<UInt8>, _ range: Range<Int>
  ) throws(URIError) -> UInt16? {
    guard !range.isEmpty else { return nil }
    var port: UInt32 = 0
    for index in range {
      guard let digit = text[index].decimalDigit else { throw URIError(.invalidPort, at: index) }
      port = port * 10 + UInt32(digit)
      guard port <= 65535 else { throw URIError(.invalidPort, at: range.lowerBound) }
    }
    return UInt16(truncatingIfNeeded: port)
  }
}

extension Span where Element == UInt8 {
  /// The first byte from `start` on that meets the condition, or the end.
  fileprivate func firstIndex(from start: Int, where condition: (UInt8) -> Bool) -> Int {
    var index = start
    while index < count && !condition(self[index]) { index += 1 }
    return index
  }

  /// Checks the characters and the decoded lengths of the segments of a path or the arguments of a query.
  fileprivate func checkParts(
    _ range: Range<Int>, splitAt separator: UInt8, tooLong: URIFault
  ) throws(URIError) {
    var partStart = range.lowerBound
    var count = 0
    var dots = 0
    var position = range.lowerBound
    while true {
      let isAtEnd = position == range.upperBound
      if isAtEnd || self[position] == separator {
        if separator == 0x2f, count == dots, dots == 1 || dots == 2 {
          throw URIError(.dotSegment, at: partStart)
        }
        guard !isAtEnd else { return }
        position += 1
        partStart = position
        count = 0
        dots = 0
        continue
      }
      let start = position
      guard
        self[start] == percentSign || self[start].isSegmentCharacter
          || separator == 0x26 && self[start].isQueryExtra
      else { throw URIError(.invalidCharacter, at: start) }
      guard let byte = percentDecodedByte(&position), position <= range.upperBound else {
        throw URIError(.invalidPercentEncoding, at: start)
      }
      count += 1
      if byte == 0x2e { dots += 1 }
      guard count <= 255 else { throw URIError(tooLong, at: partStart) }
    }
  }
}

// Character classes of RFC 3986.
extension UInt8 {
  fileprivate var isLetter: Bool { lowercased >= 0x61 && lowercased <= 0x7a }

  fileprivate var isSchemeCharacter: Bool {
    isLetter || decimalDigit != nil || self == 0x2b || self == 0x2d || self == 0x2e
  }

  /// unreserved or sub-delims.
  var isNameCharacter: Bool {
    switch self {
    case 0x2d, 0x2e, 0x5f, 0x7e: true
    case 0x21, 0x24, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x3b, 0x3d: true
    default: isLetter || decimalDigit != nil
    }
  }

  /// pchar without percent-encoding.
  var isSegmentCharacter: Bool { isNameCharacter || self == 0x3a || self == 0x40 }

  /// "/" and "?", which a query may have as well.
  var isQueryExtra: Bool { self == 0x2f || self == 0x3f }
}
