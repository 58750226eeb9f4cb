/// One option of a message: its number and its value in place (RFC 7252 section 3.1).
public struct MessageOption: ~Escapable {
  /// The number; its meaning depends on the message's code.
  public let number: OptionNumber
  public let value: Span<UInt8>

  @inlinable
  @_lifetime(copy value)
  init(number: OptionNumber, value: Span<UInt8>) {
    self.number = number
    self.value = value
  }

  /// The value as an unsigned integer, leading zero bytes allowed, or nil when it has more than four
  /// bytes (RFC 7252 section 3.2).
  public var uint: UInt32? {
    guard value.count <= 4 else { return nil }
    var number: UInt32 = 0
    for index in value.indices {
      number = number << 8 | UInt32(value[index])
    }
    return number
  }

  /// Whether the value is just these bytes. Strings are never normalised (RFC 7252 section 3.2).
  public func isEqual(to bytes: Span<UInt8>) -> Bool {
    value.isEqual(to: bytes)
  }

  public func isEqual(to text: StaticString) -> Bool {
    value.isEqual(to: text.bytes)
  }
}

/// The options of a message in the order of their numbers, read in place.
///
/// Safe on any bytes: it ends at the payload marker, at the end of the bytes or at the first fault.
/// ``Message`` has looked for faults before it hands this out.
public struct MessageOptions: ~Escapable {
  private let bytes: Span<UInt8>
  private var position: Int
  private var number: UInt16 = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
    position = 0
  }

  /// The next option, or nil behind the last one.
  @_lifetime(copy self)
  public mutating func next() -> MessageOption? {
    guard position < bytes.count, bytes[position] != payloadMarker,
      let header = try? OptionHeader(bytes, at: position, after: number)
    else { return nil }
    number = header.number
    position = header.valueOffset + header.valueByteCount
    return MessageOption(
      number: OptionNumber(rawValue: number),
      value: bytes.extracting(header.valueOffset..<position))
  }
}

/// 0xff where an option could start: the payload follows.
let payloadMarker: UInt8 = 0xff

/// Delta and length of one option, checked against the end of the bytes.
struct OptionHeader {
  let number: UInt16
  let valueOffset: Int
  let valueByteCount: Int

  /// - Precondition: `offset` is within `bytes` and no payload marker stands there.
  init(_ bytes: Span<UInt8>, at offset: Int, after previous: UInt16) throws(FormatError) {
    let first = bytes[offset]
    var position = offset + 1
    let delta = try OptionHeader.extend(
      Int(first >> 4), bytes, &position, reserved: .reservedOptionDelta, optionAt: offset)
    let length = try OptionHeader.extend(
      Int(first & 0x0f), bytes, &position, reserved: .reservedOptionLength, optionAt: offset)
    let number = Int(previous) + delta
    guard number <= 65535 else { throw FormatError(.optionNumberTooLarge, at: offset) }
    guard length <= bytes.count - position else { throw FormatError(.truncatedOption, at: offset) }
    self.number = UInt16(truncatingIfNeeded: number)
    valueOffset = position
    valueByteCount = length
  }

  /// 0 to 12 as they are, 13 and 14 with one and two more bytes, 15 never (RFC 7252 section 3.1).
  @inline(__always)
  private static func extend(
    _ nibble: Int, _ bytes: Span<UInt8>, _ position: inout Int, reserved: FormatFault,
    optionAt offset: Int
  ) throws(FormatError) -> Int {
    if nibble < 13 { return nibble }
    guard nibble < 15 else { throw FormatError(reserved, at: offset) }
    let width = nibble - 12
    guard bytes.count - position >= width else {
      throw FormatError(.truncatedOption, at: offset)
    }
    let value =
      width == 1
      ? Int(bytes[position]) + 13
      : (Int(bytes[position]) << 8 | Int(bytes[position + 1])) + 269
    position += width
    return value
  }
}
