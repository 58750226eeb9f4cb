import DeviceCore

/// What an Alternative-Address option names: an `authority` (RFC 8323 section 5.5, RFC 3986 section 3.2).
struct AlternativeAddress {
  /// The place, when it is a numeric one.
  let place: DialPlace?
  /// Else so many bytes from the start are a name.
  let nameByteCount: Int
  /// The port that it says, or the scheme's own.
  let port: UInt16

  /// - Returns: nil when it is none: the option is elective, so it is left out then.
  init?(_ text: Span<UInt8>, defaultPort: UInt16) {
    let isBracketed = text.count > 0 && text[0] == 0x5b
    var end = 0
    while end < text.count, text[end] != (isBracketed ? 0x5d : 0x3a) { end += 1 }
    let host = text.extracting((isBracketed ? 1 : 0)..<max(end, isBracketed ? 1 : 0))
    guard host.count > 0 else { return nil }
    if isBracketed {
      guard end < text.count else { return nil }
      end += 1
    }
    guard let port = AlternativeAddress.port(text.extracting(droppingFirst: end), defaultPort)
    else { return nil }
    self.port = port
    place = DialPlace(host, port: port)
    nameByteCount = host.count
    if let place {
      // Brackets are for IPv6, and for nothing else.
      guard case .ipv6 = place.address else {
        if isBracketed { return nil }
        return
      }
      if !isBracketed { return nil }
    } else if isBracketed || !AlternativeAddress.isName(host) {
      return nil
    }
  }

  /// - Returns: the number behind a colon, or else `defaultPort`; nil when there is something else.
  private static func port(_ text: Span<UInt8>, _ defaultPort: UInt16) -> UInt16? {
    guard text.count > 0 else { return defaultPort }
    guard text[0] == 0x3a, text.count <= 6 else { return nil }
    guard text.count > 1 else { return defaultPort }
    var number: UInt32 = 0
    for index in 1..<text.count {
      guard text[index] >= 0x30, text[index] <= 0x39 else { return nil }
      number = number * 10 + UInt32(text[index] - 0x30)
    }
    return number > 0 && number <= 65535 ? UInt16(number) : nil
  }

  /// Whether name servers may know it: letters, digits, hyphens, underscores and dots.
  private static func isName(_ text: Span<UInt8>) -> Bool {
    for index in text.indices {
      switch text[index] {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f: continue
      default: return false
      }
    }
    return true
  }
}
