import CMbedTLS

/// Tells whether several values are the same as some time before.
public struct Fingerprint {
  private var bytes: [UInt8] = []

  /// Of a digest.
  static let byteCount = 32

  public init() {}

  /// Adds a value.
  public mutating func add(_ value: [UInt8]) {
    // With its length, so that no other values give the same bytes.
    unsafe withUnsafeBytes(of: UInt64(value.count).bigEndian) { unsafe bytes += $0 }
    bytes += value
  }

  /// Adds a text.
  public mutating func add(text: String) {
    add(Array(text.utf8))
  }

  /// The SHA-256 of all values.
  var digest: [UInt8] {
    var digest = [UInt8](repeating: 0, count: Fingerprint.byteCount)
    unsafe mbedtls_sha256_ret(bytes, bytes.count, &digest, 0)
    return digest
  }
}
