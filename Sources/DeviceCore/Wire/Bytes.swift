// The few operations on spans that the standard library does not have yet.

extension Span where Element == UInt8 {
  /// Whether both hold the same bytes.
  @inlinable
  public func isEqual(to other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index] != other[index] {
      return false
    }
    return true
  }

  /// Whether these are the bytes of `text`.
  @inlinable
  public func isEqual(to text: StaticString) -> Bool {
    isEqual(to: text.bytes)
  }

  /// The bytes from the place `start` to the one before `end`.
  ///
  /// - Precondition: the caller has checked that they are there, and that the span has an address.
  @inlinable
  @inline(__always)
  @unsafe
  @_lifetime(copy self)
  func uncheckedPart(_ start: Int, _ end: Int) -> Span<UInt8> {
    let first = unsafe withUnsafeBufferPointer { unsafe $0.baseAddress.unsafelyUnwrapped }
    let part = unsafe uncheckedSpan(first + start, end &- start)
    return unsafe _overrideLifetime(part, copying: self)
  }

  /// Whether these are "." or "..".
  @inlinable
  var isDotSegment: Bool {
    switch count {
    case 1: self[0] == 0x2e
    case 2: self[0] == 0x2e && self[1] == 0x2e
    default: false
    }
  }
}

extension StaticString {
  /// The UTF-8 bytes of a literal, which live as long as the program.
  @inlinable
  public var bytes: Span<UInt8> {
    @_lifetime(immortal)
    get {
      // A literal's bytes are constant memory.
      let span = unsafe uncheckedSpan(utf8Start, utf8CodeUnitCount)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }
}

/// A span without a check that `count` is not below zero, for memory whose owner has seen to that.
@inlinable
@inline(__always)
@unsafe
@_lifetime(immortal)
func uncheckedSpan(_ start: UnsafePointer<UInt8>, _ count: Int) -> Span<UInt8> {
  let span = unsafe Span(_unsafeElements: UnsafeBufferPointer(start: start, count: count))
  return unsafe _overrideLifetime(span, copying: ())
}
