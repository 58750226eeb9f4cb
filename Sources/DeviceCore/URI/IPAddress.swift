/// A numeric IPv4 or IPv6 address as a URI may name it (RFC 3986 section 3.2.2).
public struct IPAddress: Equatable, Sendable {
  /// Of 4 or of 16 bytes.
  public enum Family: UInt8, Sendable { case v4, v6 }

  /// Which protocol it is an address of.
  public let family: Family
  // Eight groups of 16 bits; an IPv4 address fills the last two.
  private let words: Words

  private struct Words: Equatable, Sendable {
    var first: UInt32 = 0
    var second: UInt32 = 0
    var third: UInt32 = 0
    var last: UInt32 = 0
  }

  /// Four decimal numbers without leading zeros; nil for anything else, which then is a name.
  public init?(v4 text: Span<UInt8>) {
    var number: UInt32 = 0
    var position = 0
    for part in 0..<4 {
      if part > 0 {
        guard position < text.count, text[position] == 0x2e else { return nil }
        position += 1
      }
      let start = position
      var value: UInt32 = 0
      while position < text.count, position - start < 3, let digit = text[position].decimalDigit {
        value = value * 10 + UInt32(digit)
        position += 1
      }
      guard position > start, value <= 255, position - start == 1 || text[start] != 0x30
      else { return nil }
      number = number << 8 | value
    }
    guard position == text.count else { return nil }
    family = .v4
    words = Words(last: number)
  }

  /// Whether these are the 4 or 16 bytes of the address, in network order.
  public func hasBytes(_ bytes: Span<UInt8>) -> Bool {
    let isLong = family == .v6
    guard bytes.count == (isLong ? 16 : 4) else { return false }
    guard isLong else { return words.last == number(bytes, 0) }
    return words.first == number(bytes, 0) && words.second == number(bytes, 4)
      && words.third == number(bytes, 8) && words.last == number(bytes, 12)
  }

  private func number(_ bytes: Span<UInt8>, _ start: Int) -> UInt32 {
    var number: UInt32 = 0
    for index in start..<start + 4 { number = number << 8 | UInt32(bytes[index]) }
    return number
  }

  /// What stands between the brackets, without a zone.
  public init?(v6 text: Span<UInt8>) {
    var groups = InlineArray<8, UInt16>(repeating: 0)
    var count = 0
    // How many groups precede "::".
    var gap: Int?
    var position = 0
    if text.count >= 2, text[0] == 0x3a, text[1] == 0x3a {
      gap = 0
      position = 2
    }
    while position < text.count {
      guard count < 8 else { return nil }
      let start = position
      var value: UInt16 = 0
      while position < text.count, position - start < 4, let digit = text[position].hexDigit {
        value = value << 4 | UInt16(digit)
        position += 1
      }
      guard position > start else { return nil }
      if position < text.count, text[position] == 0x2e {
        guard count <= 6, let tail = IPAddress(v4: text.extracting(start..<text.count))
        else { return nil }
        groups[count] = UInt16(truncatingIfNeeded: tail.words.last >> 16)
        groups[count + 1] = UInt16(truncatingIfNeeded: tail.words.last)
        count += 2
        break
      }
      groups[count] = value
      count += 1
      guard position < text.count else { break }
      guard text[position] == 0x3a, position + 1 < text.count else { return nil }
      position += 1
      if text[position] == 0x3a {
        guard gap == nil else { return nil }
        gap = count
        position += 1
      }
    }
    if let gap {
      guard count < 8 else { return nil }
      for index in 0..<(count - gap) {
        groups[7 - index] = groups[count - 1 - index]
        groups[count - 1 - index] = 0
      }
    } else if count < 8 {
      return nil
    }
    family = .v6
    words = Words(
      first: UInt32(groups[0]) << 16 | UInt32(groups[1]),
      second: UInt32(groups[2]) << 16 | UInt32(groups[3]),
      third: UInt32(groups[4]) << 16 | UInt32(groups[5]),
      last: UInt32(groups[6]) << 16 | UInt32(groups[7]))
  }

  /// 224.0.0.0/4 or ff00::/8.
  var isMulticast: Bool {
    switch family {
    case .v4: words.last >> 28 == 0xe
    case .v6: words.first >> 24 == 0xff
    }
  }
}

extension UInt8 {
  var decimalDigit: UInt8? {
    self >= 0x30 && self <= 0x39 ? self - 0x30 : nil
  }

  var hexDigit: UInt8? {
    if let digit = decimalDigit { return digit }
    let letter = self | 0x20
    return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : nil
  }
}
