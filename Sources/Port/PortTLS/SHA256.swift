import CMbedTLS

/// SHA-256 by mbedTLS, over bytes that come piece by piece.
public struct SHA256 {
  // Holds no pointers, so it may be copied and moved.
  private var context = mbedtls_sha256_context()

  /// Of no bytes.
  public init() {
    unsafe mbedtls_sha256_init(&context)
    // It fails only with hardware that computes it.
    _ = unsafe mbedtls_sha256_starts_ret(&context, 0)
  }

  /// Adds bytes.
  public mutating func add(_ bytes: Span<UInt8>) {
    _ = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe mbedtls_sha256_update_ret(&context, bytes.baseAddress, bytes.count)
    }
  }

  /// The digest of all bytes that were added. To be called once.
  public mutating func finish() -> InlineArray<32, UInt8> {
    var digest = InlineArray<32, UInt8>(repeating: 0)
    var space = digest.mutableSpan
    _ = unsafe space.withUnsafeMutableBufferPointer { space in
      unsafe mbedtls_sha256_finish_ret(&context, space.baseAddress)
    }
    return digest
  }
}
