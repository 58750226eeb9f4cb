/// One option of a message: its number and its value in place (RFC 7252 section 3.1).
public struct MessageOption: ~Escapable {
  /// The number; its meaning depends on the message's code.
  public let number: OptionNumber
  /// The value in place.
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

  /// Whether the value is just this text.
  public func isEqual(to text: StaticString) -> Bool {
    value.isEqual(to: text.bytes)
  }
}

/// The options of a message in the order of their numbers, read in place.
///
/// Safe on any bytes: it ends at the payload marker, at the end of the bytes or at the first fault.
/// ``Message`` has looked for faults before it hands this out.
public struct MessageOptions: ~Escapable {
  @usableFromInline
  var cursor: OptionCursor

  @inlinable
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    cursor = OptionCursor(bytes)
  }

  /// The next option, or nil behind the last one.
  @inlinable
  @inline(__always)
  @_lifetime(copy self)
  public mutating func next() -> MessageOption? {
    do throws(FormatFault) {
      return try cursor.next()
    } catch {
      return nil
    }
  }

  /// ``next()`` as a call, where size counts more than speed.
  @inline(never)
  @_lifetime(copy self)
  public mutating func nextCompact() -> MessageOption? {
    next()
  }
}
