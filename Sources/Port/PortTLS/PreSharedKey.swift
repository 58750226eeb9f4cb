/// An identity and the key that both ends know (RFC 4279), in memory that outlives the context.
@safe
public struct PreSharedKey {
  let identity: UnsafeBufferPointer<UInt8>
  let key: UnsafeBufferPointer<UInt8>

  /// The longest identity that implementations have to support (RFC 7925 section 4.2), in bytes.
  public static var longestIdentity: Int { 128 }
  /// The longest key that implementations have to support (RFC 7925 section 4.2), in bytes.
  public static var longestKey: Int { 64 }

  /// - Parameters:
  ///   - identity: 1 to 128 bytes, by convention UTF-8. It is sent in clear.
  ///   - key: 1 to 64 bytes.
  /// - Returns: nil when one is too long or empty.
  @unsafe
  public init?(identity: UnsafeBufferPointer<UInt8>, key: UnsafeBufferPointer<UInt8>) {
    guard identity.count >= 1, identity.count <= PreSharedKey.longestIdentity,
      key.count >= 1, key.count <= PreSharedKey.longestKey
    else { return nil }
    unsafe self.identity = identity
    unsafe self.key = key
  }

  /// Byte by byte (RFC 7925 section 4.2): identities are not text here.
  func hasIdentity(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
    guard unsafe other.count == identity.count else { return false }
    for index in unsafe identity.indices where unsafe identity[index] != other[index] { return false }
    return true
  }
}
