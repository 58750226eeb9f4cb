import CMbedTLS
import DeviceCore
import Port
import PortTLS

/// Certificates for a context: whom it trusts, and with what it proves who it is.
///
/// A firmware that has pre-shared keys only does not import this module, and links none of it.
@safe
public struct TLSCertificates {
  private let memory: UnsafeMutablePointer<Memory>
  private let context: TLSContext

  /// What the peer has to show.
  public enum PeerCertificate: Sendable {
    /// One that checks out; the default of a client.
    case required
    /// None, or one that checks out.
    case optional
    /// A server does not ask for one; the default of a server.
    case notAsked
    /// A client takes any. Who is on the way can then read and change everything.
    case insecurelyUnchecked
  }

  /// The memory of certificates.
  @safe
  public struct Memory: ~Copyable {
    var anchors = unsafe mbedtls_x509_crt()
    var credentials = unsafe UnsafeMutableBufferPointer<TLSCredential>(start: nil, count: 0)
    var longestChain = 3
    var ignoresDates = false
    var isOptional = false
    /// Whether the peers are clients, whose certificates may have any name.
    var isOfClients = false

    /// Memory for the certificates of one context.
    public init() {}
  }

  /// Adds certificates to a context, none at first.
  ///
  /// - Precondition: `memory` is initialised, used for nothing else, outlives the context, does not move.
  @unsafe
  public init(_ context: TLSContext, memory: UnsafeMutablePointer<Memory>) {
    unsafe self.memory = memory
    self.context = context
    unsafe mbedtls_x509_crt_init(&memory.pointee.anchors)
    unsafe memory.pointee.isOfClients =
      context.configuration.pointee.endpoint == UInt32(MBEDTLS_SSL_IS_SERVER)
    unsafe context.memory.pointee.certificates = UnsafeMutableRawPointer(memory)
    unsafe mbedtls_ssl_conf_verify(context.configuration, checkCertificate, context.memory)
  }

  /// Trusts a certificate authority: DER, or, where mbedTLS reads PEM, any number of certificates with a
  /// zero byte at the end; those that mbedTLS does not know are left out.
  ///
  /// - Throws: ``CredentialError/unreadableCertificate`` when none can be used, or
  ///   ``CredentialError/outOfMemory``.
  public func trust(_ authorities: Span<UInt8>) throws(CredentialError) {
    let failureCount = ctls_failure_count()
    let result = unsafe authorities.withUnsafeBufferPointer { bytes in
      unsafe mbedtls_x509_crt_parse(anchors, bytes.baseAddress, bytes.count)
    }
    try useAnchors(result, failureCount)
  }

  /// Trusts a certificate authority whose certificate stays where it is.
  ///
  /// - Parameter authority: one certificate as DER, in memory that does not change and outlives the context.
  /// - Throws: ``CredentialError/unreadableCertificate`` or ``CredentialError/outOfMemory``.
  @unsafe
  public func trust(keeping authority: UnsafeBufferPointer<UInt8>) throws(CredentialError) {
    let failureCount = ctls_failure_count()
    let result = unsafe mbedtls_x509_crt_parse_der_nocopy(anchors, authority.baseAddress, authority.count)
    try useAnchors(result, failureCount)
  }

  private func useAnchors(_ result: Int32, _ earlierFailureCount: Int) throws(CredentialError) {
    guard ctls_failure_count() == earlierFailureCount else { throw .outOfMemory }
    guard result >= 0 else { throw .unreadableCertificate }
    unsafe mbedtls_ssl_conf_ca_chain(context.configuration, anchors, nil)
    enable()
  }

  /// Presents these: a client its first, a server the one whose subjectAltName has the name that the client
  /// asks for, its first to clients that ask for none, and a fatal unrecognized_name to the others (RFC 6066
  /// section 3).
  ///
  /// - Throws: ``CredentialError/outOfMemory``.
  /// - Precondition: there is at least one, all are loaded and outlive the context.
  @unsafe
  public func present(_ credentials: UnsafeMutableBufferPointer<TLSCredential>) throws(CredentialError) {
    precondition(credentials.count > 0)
    unsafe memory.pointee.credentials = credentials
    let first = credentials.baseAddress!
    guard
      unsafe mbedtls_ssl_conf_own_cert(
        context.configuration, &first.pointee.chain, &first.pointee.key) == 0
    else { throw .outOfMemory }
    unsafe mbedtls_ssl_conf_sni(context.configuration, selectCredential, context.memory)
    enable()
  }

  /// Decides what the peer has to show.
  public func demand(_ certificate: PeerCertificate) {
    let mode =
      switch certificate {
      case .required: MBEDTLS_SSL_VERIFY_REQUIRED
      case .optional: MBEDTLS_SSL_VERIFY_OPTIONAL
      case .notAsked, .insecurelyUnchecked: MBEDTLS_SSL_VERIFY_NONE
      }
    unsafe mbedtls_ssl_conf_authmode(context.configuration, mode)
    unsafe memory.pointee.isOptional = certificate == .optional
    enable()
  }

  /// How many certificates there may be without the trusted one, 3 at first (RFC 7925 section 4.4.4).
  public func limitChain(to count: Int) {
    unsafe memory.pointee.longestChain = count
  }

  /// Accepts certificates whatever their dates are: for devices that do not know the date. Keys that were
  /// lost years ago then still open the door.
  public func insecurelyIgnoreDates() {
    unsafe memory.pointee.ignoresDates = true
  }

  private func enable() {
    unsafe context.memory.pointee.hasCertificates = true
    context.selectSuites()
  }

  private var anchors: UnsafeMutablePointer<mbedtls_x509_crt> {
    // The address of a stored property of memory that does not move.
    unsafe withUnsafeMutablePointer(to: &memory.pointee.anchors) { unsafe $0 }
  }
}

/// Chooses the credential for the name that a client asks for.
@unsafe
private func selectCredential(
  _ raw: UnsafeMutableRawPointer?, _ ssl: UnsafeMutablePointer<mbedtls_ssl_context>?,
  _ name: UnsafePointer<UInt8>?, _ count: Int
) -> Int32 {
  let context = unsafe raw!.assumingMemoryBound(to: TLSContextMemory.self)
  let memory = unsafe context.pointee.certificates!.assumingMemoryBound(to: TLSCertificates.Memory.self)
  let credentials = unsafe memory.pointee.credentials
  let name = unsafe UnsafeBufferPointer(start: name, count: count)
  // No name, and not allowed (RFC 6066 section 3); libcoap's clients send it when they dial an address.
  guard unsafe IPAddress(v4: name.span) == nil && IPAddress(v6: name.span) == nil else { return 0 }
  guard let digest = unsafe ServerNameDigest(name) else { return MBEDTLS_ERR_SSL_BAD_HS_CLIENT_HELLO }
  // A ticket that stood before the name and is for another one cannot be taken back any more.
  if let ticketName = unsafe context.pointee.current?.pointee.ticketName, ticketName != digest {
    return MBEDTLS_ERR_SSL_BAD_HS_CLIENT_HELLO
  }
  unsafe context.pointee.current?.pointee.askedName = digest
  for index in credentials.indices {
    let credential = unsafe credentials.baseAddress! + index
    if unsafe SubjectNames(&credential.pointee.chain).contain(name: name) {
      return unsafe mbedtls_ssl_set_hs_own_cert(
        ssl, &credential.pointee.chain, &credential.pointee.key)
    }
  }
  return MBEDTLS_ERR_SSL_BAD_HS_CLIENT_HELLO
}
