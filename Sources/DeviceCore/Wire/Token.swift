/// A token of up to eight bytes, by value (RFC 7252 section 5.3.1).
///
/// Longer ones (RFC 8974) are seen in place through ``Message/token`` and echoed from there.
public struct Token: Equatable, Sendable {
  private var first: UInt32 = 0
  private var second: UInt32 = 0
  private var length: UInt8 = 0

  /// The empty token.
  public init() {}

  /// A copy of `bytes`, or nil when there are more than eight.
  public init?(_ bytes: Span<UInt8>) {
    guard bytes.count <= Token.maximumByteCount else { return nil }
    for index in bytes.indices {
      let byte = UInt32(bytes[index]) &<< UInt32(truncatingIfNeeded: 24 &- (index & 3) &* 8)
      if index < 4 { first |= byte } else { second |= byte }
    }
    length = UInt8(truncatingIfNeeded: bytes.count)
  }

  /// Four bytes, the first one the highest.
  public init(_ number: UInt32) {
    first = number
    length = 4
  }

  /// What RFC 7252 allows, in bytes.
  public static var maximumByteCount: Int { 8 }

  /// In bytes, 0 to 8.
  public var count: Int { Int(length) }

  /// The four bytes as a number, or nil when there are more or fewer.
  public var number: UInt32? {
    length == 4 ? first : nil
  }

  /// The byte at `index`.
  ///
  /// - Precondition: `index` is below ``count``.
  public subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count)
    let word = index < 4 ? first : second
    return UInt8(truncatingIfNeeded: word >> UInt32(truncatingIfNeeded: 24 - (index & 3) * 8))
  }

  /// The bytes in order, in memory of the caller.
  @_lifetime(&bytes)
  func copied(to bytes: inout InlineArray<8, UInt8>) -> Span<UInt8> {
    for index in 0..<count { bytes[index] = self[index] }
    return bytes.span.extracting(first: count)
  }
}
