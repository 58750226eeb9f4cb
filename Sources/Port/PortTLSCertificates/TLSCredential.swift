import CMbedTLS

/// A certificate with the chain that leads to an authority, and its private key.
///
/// In memory that does not move and outlives the contexts that present it.
@safe
public struct TLSCredential: ~Copyable {
  var chain = unsafe mbedtls_x509_crt()
  var key = unsafe mbedtls_pk_context()

  /// Memory for one.
  public init() {}

  /// Reads a credential in its place.
  ///
  /// - Parameters:
  ///   - chain: one certificate as DER; or, where mbedTLS reads PEM, any number of them, the own one first,
  ///     with a zero byte at the end.
  ///   - key: a PKCS #8 or SEC 1 private key, as DER, or as PEM with a zero byte at the end.
  /// - Throws: ``CredentialError``.
  @unsafe
  public static func load(
    chain: Span<UInt8>, key: Span<UInt8>, into place: UnsafeMutablePointer<TLSCredential>
  ) throws(CredentialError) {
    try unsafe load(key, into: place) { chainPlace in
      unsafe chain.withUnsafeBufferPointer { bytes in
        unsafe mbedtls_x509_crt_parse(chainPlace, bytes.baseAddress, bytes.count)
      }
    }
  }

  /// Reads a credential whose certificate stays where it is: of flash, no copy is made in the memory for TLS.
  ///
  /// - Parameters:
  ///   - chain: one certificate as DER, in memory that does not change and outlives the credential.
  ///   - key: as in ``load(chain:key:into:)``; it is copied.
  /// - Throws: ``CredentialError``.
  @unsafe
  public static func load(
    keepingChain chain: UnsafeBufferPointer<UInt8>, key: Span<UInt8>,
    into place: UnsafeMutablePointer<TLSCredential>
  ) throws(CredentialError) {
    try unsafe load(key, into: place) { chainPlace in
      unsafe mbedtls_x509_crt_parse_der_nocopy(chainPlace, chain.baseAddress, chain.count)
    }
  }

  @unsafe
  private static func load(
    _ key: Span<UInt8>, into place: UnsafeMutablePointer<TLSCredential>,
    parseChain: (UnsafeMutablePointer<mbedtls_x509_crt>) -> Int32
  ) throws(CredentialError) {
    unsafe place.initialize(to: TLSCredential())
    unsafe mbedtls_x509_crt_init(&place.pointee.chain)
    unsafe mbedtls_pk_init(&place.pointee.key)
    let failureCount = ctls_failure_count()
    do throws(CredentialError) {
      guard unsafe parseChain(&place.pointee.chain) == 0 else { throw .unreadableCertificate }
      try unsafe parse(key, into: place)
    } catch {
      unsafe mbedtls_x509_crt_free(&place.pointee.chain)
      unsafe mbedtls_pk_free(&place.pointee.key)
      throw ctls_failure_count() == failureCount ? error : .outOfMemory
    }
  }

  @unsafe
  private static func parse(
    _ key: Span<UInt8>, into place: UnsafeMutablePointer<TLSCredential>
  ) throws(CredentialError) {
    let result = unsafe key.withUnsafeBufferPointer { bytes in
      unsafe mbedtls_pk_parse_key(&place.pointee.key, bytes.baseAddress, bytes.count, nil, 0)
    }
    guard result == 0 else { throw .unreadableKey }
    guard unsafe mbedtls_pk_check_pair(&place.pointee.chain.pk, &place.pointee.key) == 0
    else { throw .keyOfAnotherCertificate }
  }

  /// Appends the next certificate of the chain, as DER.
  ///
  /// - Throws: ``CredentialError/unreadableCertificate`` or ``CredentialError/outOfMemory``.
  @unsafe
  public static func append(
    _ certificate: Span<UInt8>, to place: UnsafeMutablePointer<TLSCredential>
  ) throws(CredentialError) {
    let failureCount = ctls_failure_count()
    let result = unsafe certificate.withUnsafeBufferPointer { bytes in
      unsafe mbedtls_x509_crt_parse(&place.pointee.chain, bytes.baseAddress, bytes.count)
    }
    try checkAppended(result, failureCount)
  }

  /// Appends the next certificate of the chain, as DER that stays where it is.
  ///
  /// - Throws: ``CredentialError/unreadableCertificate`` or ``CredentialError/outOfMemory``.
  /// - Precondition: the memory of `certificate` does not change and outlives the credential.
  @unsafe
  public static func append(
    keeping certificate: UnsafeBufferPointer<UInt8>, to place: UnsafeMutablePointer<TLSCredential>
  ) throws(CredentialError) {
    let failureCount = ctls_failure_count()
    let result = unsafe mbedtls_x509_crt_parse_der_nocopy(
      &place.pointee.chain, certificate.baseAddress, certificate.count)
    try checkAppended(result, failureCount)
  }

  private static func checkAppended(
    _ result: Int32, _ earlierFailureCount: Int
  ) throws(CredentialError) {
    guard ctls_failure_count() == earlierFailureCount else { throw .outOfMemory }
    guard result == 0 else { throw .unreadableCertificate }
  }
}

/// Why a credential or a trusted certificate cannot be used.
public enum CredentialError: Error, Equatable, Sendable {
  /// It is no X.509 certificate, or one of a kind that this mbedTLS does not know.
  case unreadableCertificate
  /// It is no private key, or one that is encrypted or of a kind that this mbedTLS does not know.
  case unreadableKey
  /// The key is not that of the certificate.
  case keyOfAnotherCertificate
  /// No memory left for TLS.
  case outOfMemory
}
