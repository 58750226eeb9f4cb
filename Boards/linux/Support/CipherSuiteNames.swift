import CMbedTLS

/// The name of a cipher suite, as mbedTLS writes it: `TLS-PSK-WITH-AES-128-GCM-SHA256`.
public func cipherSuiteName(_ number: UInt16) -> String {
  unsafe String(cString: mbedtls_ssl_get_ciphersuite_name(Int32(number)))
}
