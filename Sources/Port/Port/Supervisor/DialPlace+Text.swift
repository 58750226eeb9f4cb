import DeviceCore

extension DialPlace {
  /// A port of a machine whose address is written as in a URI: four decimal numbers, or an IPv6 address
  /// without brackets (RFC 3986 section 3.2.2).
  ///
  /// - Returns: nil for anything else, which may be a name.
  public init?(_ text: Span<UInt8>, port: UInt16) {
    if IPAddress(v4: text) != nil {
      self.init(.ipv4(DialPlace.bytes(v4: text)), port: port)
    } else if IPAddress(v6: text) != nil {
      self.init(.ipv6(DialPlace.bytes(v6: text)), port: port)
    } else {
      return nil
    }
  }

  /// - Precondition: the text was checked.
  private static func bytes(v4 text: Span<UInt8>) -> InlineArray<4, UInt8> {
    var bytes = InlineArray<4, UInt8>(repeating: 0)
    var part = 0
    for index in text.indices {
      if text[index] == dot {
        part += 1
      } else {
        bytes[part] = bytes[part] &* 10 &+ (text[index] & 15)
      }
    }
    return bytes
  }

  /// - Precondition: the text was checked.
  private static func bytes(v6 text: Span<UInt8>) -> InlineArray<16, UInt8> {
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    var count = 0
    var gap: Int?
    var position = 0
    while position < text.count {
      if text[position] == colon {
        position += 1
        // Between two colons there is nothing, and as much of it as makes eight groups.
        if position < text.count, text[position] == colon {
          gap = count
          position += 1
        }
        continue
      }
      var end = position
      while end < text.count, text[end] != colon { end += 1 }
      let part = text.extracting(position..<end)
      if IPAddress(v4: part) != nil {
        let last = DialPlace.bytes(v4: part)
        for index in 0..<4 { bytes[count + index] = last[index] }
        count += 4
      } else {
        var group: UInt16 = 0
        for index in part.indices { group = group << 4 | UInt16(part[index].hexadecimalValue) }
        bytes[count] = UInt8(group >> 8)
        bytes[count + 1] = UInt8(group & 255)
        count += 2
      }
      position = end
    }
    if let gap {
      for index in 0..<(count - gap) {
        let value = bytes[count - 1 - index]
        bytes[count - 1 - index] = 0
        bytes[15 - index] = value
      }
    }
    return bytes
  }
}

private let dot: UInt8 = 0x2e
private let colon: UInt8 = 0x3a

extension UInt8 {
  /// - Precondition: it is a hexadecimal digit.
  fileprivate var hexadecimalValue: UInt8 {
    self <= 0x39 ? self & 15 : (self & 15) + 9
  }
}
