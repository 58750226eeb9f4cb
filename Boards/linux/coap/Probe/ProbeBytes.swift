/// Takes bytes off the front, as long as there are some.
struct ProbeBytes {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  mutating func take(_ count: Int) -> [UInt8]? {
    guard rest.count >= count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  mutating func number(_ width: Int) -> Int? { take(width).map { $0.reduce(0) { $0 << 8 | Int($1) } } }

  /// Bytes behind their length in so many bytes.
  mutating func sized(_ width: Int) -> [UInt8]? {
    guard let count = number(width) else { return nil }
    return take(count)
  }

  /// Numbers of two bytes up to the end.
  mutating func numbers() -> [UInt16] {
    var all: [UInt16] = []
    while let next = number(2) { all.append(UInt16(next)) }
    return all
  }

  /// The extensions of a hello by their numbers (RFC 5246 section 7.4.1.4).
  mutating func extensions() -> [UInt16: [UInt8]] {
    var all: [UInt16: [UInt8]] = [:]
    guard number(2) != nil else { return all }
    while let kind = number(2), let body = sized(2) { all[UInt16(kind)] = body }
    return all
  }
}

extension [UInt8] {
  /// The text, which is compared with what has a meaning.
  var text: String { String(decoding: self, as: UTF8.self) }
}

/// A number in two bytes.
func pair(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xff)] }

/// Bytes behind their length in so many bytes.
func sized(_ width: Int, _ bytes: [UInt8]) -> [UInt8] {
  (0..<width).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * (width - 1 - $0))) } + bytes
}
