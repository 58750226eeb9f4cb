/// Walks over encoded options, checking each one (RFC 7252 section 3.1).
///
/// What is left is a span that gets shorter: the optimiser can then see that reads are within bounds. What is
/// cut off was counted before, in the line above.
@usableFromInline
struct OptionCursor: ~Escapable {
  /// Where an option could start it says that the payload follows.
  @inlinable static var payloadMarker: UInt8 { 0xff }

  /// From the next option, or the payload marker, to the end.
  @usableFromInline
  var rest: Span<UInt8>
  @usableFromInline
  var number: UInt32 = 0

  @inlinable
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    rest = bytes
  }

  /// The next option; nil at the end or in front of the payload marker.
  @inlinable
  @inline(__always)
  @_lifetime(copy self)
  mutating func next() throws(FormatFault) -> MessageOption? {
    guard rest.count > 0 else { return nil }
    let first = UInt32(rest[0])
    var delta = first &>> 4
    var length = first & 0x0f
    if delta >= 13 && first == 0xff { return nil }
    rest = unsafe rest.uncheckedPart(1, rest.count)
    if delta >= 13 { delta = try extended(delta, reserved: .reservedOptionDelta) }
    if length >= 13 { length = try extended(length, reserved: .reservedOptionLength) }
    number = number &+ delta
    guard number <= 0xffff else { throw .optionNumberTooLarge }
    guard rest.count >= Int(length) else { throw .truncatedOption }
    let value = unsafe rest.uncheckedPart(0, Int(length))
    rest = unsafe rest.uncheckedPart(Int(length), rest.count)
    return MessageOption(
      number: OptionNumber(rawValue: UInt16(truncatingIfNeeded: number)), value: value)
  }

  /// One more byte for the nibble 13, two for 14; 15 never.
  @inlinable
  @_lifetime(self: copy self)
  mutating func extended(
    _ nibble: UInt32, reserved: FormatFault
  ) throws(FormatFault) -> UInt32 {
    if nibble == 13 {
      guard rest.count >= 1 else { throw .truncatedOption }
      let value = UInt32(rest[0])
      rest = unsafe rest.uncheckedPart(1, rest.count)
      return value &+ 13
    }
    guard nibble == 14 else { throw reserved }
    guard rest.count >= 2 else { throw .truncatedOption }
    let value = UInt32(rest[0]) &<< 8 | UInt32(rest[1])
    rest = unsafe rest.uncheckedPart(2, rest.count)
    return value &+ 269
  }
}
