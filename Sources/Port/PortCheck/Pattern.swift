/// The bytes that are sent for a check: counted from a start that differs by connection, so that bytes which
/// are lost, twice there, or come from another connection show. 251 is a prime: no buffer has a multiple of it.
struct Pattern {
  private var value: UInt8

  /// The bytes of a connection, in either direction.
  init(connection number: UInt16) {
    value = UInt8(truncatingIfNeeded: UInt32(number) * 17 % 251)
  }

  mutating func next() -> UInt8 {
    defer { value = value == 250 ? 0 : value + 1 }
    return value
  }
}
