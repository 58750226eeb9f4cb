import CMbedTLS
import DeviceCore
import Port

// What a client gives to a handshake before it begins, and takes from it when it is over.

extension TLSSessionHandle {
  func setServer(_ server: Span<UInt8>) -> Int32 {
    guard !server.isEmpty else { return 0 }
    if let address = IPAddress(v4: server) ?? IPAddress(v6: server) {
      // Addresses are not sent (RFC 6066 section 3), but the certificate has to have it.
      unsafe session.pointee.serverAddress = address
      return 0
    }
    var name = InlineArray<256, CChar>(repeating: 0)
    guard server.count < name.count else { return MBEDTLS_ERR_SSL_BAD_INPUT_DATA }
    for index in server.indices { name[index] = CChar(bitPattern: server[index]) }
    return unsafe name.span.withUnsafeBufferPointer { buffer in
      unsafe ctls_set_server_name(ssl, buffer.baseAddress)
    }
  }

  func restore(_ bytes: Span<UInt8>) {
    var saved = unsafe mbedtls_ssl_session()
    unsafe mbedtls_ssl_session_init(&saved)
    defer { unsafe mbedtls_ssl_session_free(&saved) }
    let result = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe mbedtls_ssl_session_load(&saved, buffer.baseAddress, buffer.count)
    }
    if result == 0 { _ = unsafe mbedtls_ssl_set_session(ssl, &saved) }
  }

  /// Writes the session's keys for a later ``start(_:server:saved:requiresApplicationProtocol:)``.
  ///
  /// - Returns: how many bytes, or nil when there is nothing to resume or too little space.
  func save(into space: inout MutableSpan<UInt8>) -> Int? {
    guard phase == .open else { return nil }
    var saved = unsafe mbedtls_ssl_session()
    unsafe mbedtls_ssl_session_init(&saved)
    defer { unsafe mbedtls_ssl_session_free(&saved) }
    guard unsafe mbedtls_ssl_get_session(ssl, &saved) == 0 else { return nil }
    var count = 0
    let result = unsafe space.withUnsafeMutableBufferPointer { buffer in
      unsafe mbedtls_ssl_session_save(&saved, buffer.baseAddress, buffer.count, &count)
    }
    return result == 0 ? count : nil
  }
}
