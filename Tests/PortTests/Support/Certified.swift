import CMbedTLS

/// What a certificate says.
struct CertificateContents {
  var commonName: String
  /// dNSName and iPAddress of subjectAltName.
  var names: [String] = []
  var addresses: [[UInt8]] = []
  /// UTC, year to second.
  var from = "20200101000000"
  var until = "20400101000000"
  var isAuthority = false
  /// The last byte of an extended key usage: 1 for servers, 2 for clients; nil for no such extension.
  var use: UInt8?
  /// Other keys for the same name.
  var keyNumber: UInt8 = 0
}

/// A certificate with its private key, both as DER.
struct Certified: Sendable {
  let commonName: String
  let certificate: [UInt8]
  let key: [UInt8]
  /// What is sent behind the certificate.
  var chain: [[UInt8]] = []

  /// Signed by itself when there is no issuer.
  static func issue(_ contents: CertificateContents, by issuer: Certified? = nil) throws -> Certified {
    let key = try KeyPair(seed: Array(contents.commonName.utf8) + [contents.keyNumber])
    let signer = try issuer.map { try KeyPair(parsing: $0.key) } ?? key
    let certificate = try sign(
      contents, key, by: signer, issuerName: issuer?.commonName ?? contents.commonName)
    return Certified(
      commonName: contents.commonName, certificate: certificate, key: try key.written())
  }

  static func authority(_ name: String) throws -> Certified {
    try issue(CertificateContents(commonName: name, isAuthority: true))
  }

  private static func sign(
    _ contents: CertificateContents, _ key: KeyPair, by signer: KeyPair, issuerName: String
  ) throws -> [UInt8] {
    let writer = unsafe Pinned(mbedtls_x509write_cert())
    let place = unsafe writer.pointer
    unsafe mbedtls_x509write_crt_init(place)
    var serial = unsafe mbedtls_mpi()
    unsafe mbedtls_mpi_init(&serial)
    defer {
      unsafe mbedtls_x509write_crt_free(place)
      unsafe mbedtls_mpi_free(&serial)
    }
    try check(unsafe mbedtls_mpi_lset(&serial, 1 + mbedtls_mpi_sint(contents.keyNumber)))
    unsafe mbedtls_x509write_crt_set_version(place, MBEDTLS_X509_CRT_VERSION_3)
    unsafe mbedtls_x509write_crt_set_md_alg(place, MBEDTLS_MD_SHA256)
    unsafe mbedtls_x509write_crt_set_subject_key(place, key.context.pointer)
    unsafe mbedtls_x509write_crt_set_issuer_key(place, signer.context.pointer)
    try check(unsafe mbedtls_x509write_crt_set_subject_name(place, "CN=\(contents.commonName)"))
    try check(unsafe mbedtls_x509write_crt_set_issuer_name(place, "CN=\(issuerName)"))
    try check(unsafe mbedtls_x509write_crt_set_serial(place, &serial))
    try check(unsafe mbedtls_x509write_crt_set_validity(place, contents.from, contents.until))
    try check(unsafe mbedtls_x509write_crt_set_basic_constraints(place, contents.isAuthority ? 1 : 0, -1))
    for (number, value) in contents.extensions {
      let identifier: [CChar] = [0x55, 0x1d, number]
      try check(
        unsafe mbedtls_x509write_crt_set_extension(
          place, identifier, identifier.count, 0, value, value.count))
    }
    return try unsafe bytesAtEnd { bytes, count in
      unsafe mbedtls_x509write_crt_der(place, bytes, count, fillFromSeed, signer.seed.pointer)
    }
  }
}

extension CertificateContents {
  /// By the last byte of their identifier (RFC 5280 section 4.2.1).
  fileprivate var extensions: [(number: CChar, value: [UInt8])] {
    var found: [(CChar, [UInt8])] = []
    let general = names.flatMap { der(0x82, Array($0.utf8)) } + addresses.flatMap { der(0x87, $0) }
    if !general.isEmpty { found.append((0x11, der(0x30, general))) }
    if let use { found.append((0x25, der(0x30, [0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, use]))) }
    return found
  }

  private func der(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    precondition(content.count < 0x100)
    let long: [UInt8] = content.count < 0x80 ? [] : [0x81]
    return [tag] + long + [UInt8(content.count)] + content
  }
}
