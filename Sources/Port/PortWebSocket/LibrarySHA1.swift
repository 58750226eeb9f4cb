import CMbedTLS
import DeviceCore

/// SHA-1 of mbedTLS.
public enum LibrarySHA1: WebSocketDigest {
  public static func sha1(_ bytes: Span<UInt8>) -> InlineArray<20, UInt8>? {
    var digest = InlineArray<20, UInt8>(repeating: 0)
    var space = digest.mutableSpan
    let result = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe space.withUnsafeMutableBufferPointer { digest in
        unsafe mbedtls_sha1_ret(bytes.baseAddress, bytes.count, digest.baseAddress)
      }
    }
    return result == 0 ? digest : nil
  }
}
