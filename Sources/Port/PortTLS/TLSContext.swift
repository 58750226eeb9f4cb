import CMbedTLS
import Port

/// What the connections of one kind have in common: role, keys, trust and randomness.
///
/// A value is a handle of memory that the caller gives; copies mean the same context.
@safe
public struct TLSContext {
  package let memory: UnsafeMutablePointer<TLSContextMemory>

  /// Which side of the handshake.
  public enum Role: Sendable { case client, server }

  /// Makes a context without any key: add some before the first connection.
  ///
  /// - Throws: ``Port/TLSFault/lacksEntropy`` when the board has no random bits, or
  ///   ``Port/TLSFault/outOfMemory``.
  /// - Precondition: `memory` is initialised, used for nothing else, outlives the context, does not move.
  @unsafe
  public init(
    _ role: Role, memory: UnsafeMutablePointer<TLSContextMemory>, board: inout some Board
  ) throws(TLSFault) {
    unsafe self.memory = memory
    unsafe mbedtls_ssl_config_init(configuration)
    unsafe mbedtls_ctr_drbg_init(generator)
    guard unsafe memory.pointee.pool.refill(from: &board) else { throw .lacksEntropy }
    try check(
      unsafe mbedtls_ctr_drbg_seed(
        generator,
        { pool, bytes, count in
          unsafe TLSContextMemory.of(pool!).pointee.pool.take(count, to: bytes!)
            ? 0 : MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED
        }, memory, nil, 0))
    try check(
      unsafe mbedtls_ssl_config_defaults(
        configuration, role == .client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER,
        MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT))
    try check(unsafe ctls_configure(configuration))
    unsafe mbedtls_ssl_conf_rng(configuration, mbedtls_ctr_drbg_random, generator)
  }

  /// Uses the pre-shared keys of `keys`, from now on: a client its first, a server the one whose identity a
  /// client names.
  ///
  /// A client with an unknown identity gets the same answer as one with a wrong key (RFC 4279 section 2).
  ///
  /// - Throws: ``Port/TLSFault/outOfMemory``.
  /// - Precondition: there is at least one key, and the memory of all outlives the context.
  @unsafe
  public func use(_ keys: UnsafeBufferPointer<PreSharedKey>) throws(TLSFault) {
    precondition(keys.count > 0)
    unsafe memory.pointee.keys = keys
    if unsafe configuration.pointee.endpoint == UInt32(MBEDTLS_SSL_IS_CLIENT) {
      let first = unsafe keys[0]
      try check(
        unsafe ctls_set_client_key(
          configuration, first.identity.baseAddress, first.identity.count, first.key.baseAddress,
          first.key.count))
    } else {
      try check(unsafe fillDecoy())
      unsafe mbedtls_ssl_conf_psk_cb(
        configuration,
        { context, ssl, identity, count in
          unsafe TLSContextMemory.of(context!).pointee.setKey(
            of: UnsafeBufferPointer(start: identity, count: count), on: ssl!)
        }, memory)
    }
    unsafe memory.pointee.hasKeys = true
    selectSuites()
  }

  /// Offers tickets, so that a client that comes again needs no key exchange (RFC 5077).
  ///
  /// - Parameter lifetime: of a ticket, in seconds. A board whose mbedTLS has no clock keeps its ticket
  ///   keys until it restarts.
  /// - Throws: ``Port/TLSFault/outOfMemory``.
  public func offerTickets(lifetime: UInt32 = 86_400) throws(TLSFault) {
    unsafe mbedtls_ssl_ticket_init(tickets)
    try check(
      unsafe mbedtls_ssl_ticket_setup(
        tickets, mbedtls_ctr_drbg_random, generator, MBEDTLS_CIPHER_AES_128_GCM, lifetime))
    unsafe mbedtls_ssl_conf_session_tickets_cb(
      configuration,
      { memory, session, start, end, count, lifetime in
        unsafe TLSContextMemory.of(memory!).pointee.writeTicket(session!, start, end, count, lifetime)
      },
      { memory, session, bytes, count in
        unsafe TLSContextMemory.of(memory!).pointee.readTicket(session!, bytes, count)
      }, memory)
  }

  /// Says nothing of protocols (ALPN): for coaps+ws, where `coap` has no meaning and a browser offers `http/1.1`.
  public func offerNoApplicationProtocol() {
    unsafe configuration.pointee.alpn_list = nil
  }

  /// Asks servers for records of at most so many bytes of content (RFC 6066 section 4).
  public func offer(_ length: MaximumFragmentLength) {
    // Fails only for numbers that are none of these.
    _ = unsafe mbedtls_ssl_conf_max_frag_len(configuration, length.rawValue)
  }

  /// Takes what a handshake needs from the board: random bits, and today's date.
  func refresh(from board: inout some Board) {
    _ = unsafe memory.pointee.pool.refill(from: &board)
    unsafe memory.pointee.unixTime = board.unixTime
  }

  /// Gives back what mbedTLS holds.
  ///
  /// - Precondition: no connection uses the context any more.
  public func free() {
    unsafe mbedtls_ssl_ticket_free(tickets)
    unsafe mbedtls_ssl_config_free(configuration)
    unsafe mbedtls_ctr_drbg_free(generator)
  }

  // MARK: Inside

  /// Offers the cipher suites that there are keys for.
  package func selectSuites() {
    let list =
      switch unsafe (memory.pointee.hasKeys, memory.pointee.hasCertificates) {
      case (true, true): unsafe ctls_all_suites()
      case (true, false): unsafe ctls_psk_suites()
      case (false, _): unsafe ctls_certificate_suites()
      }
    unsafe mbedtls_ssl_conf_ciphersuites(configuration, list)
  }

  package func check(_ result: Int32) throws(TLSFault) {
    guard result == 0 else { throw TLSFault(libraryError: result) }
  }

  @unsafe
  private func fillDecoy() -> Int32 {
    unsafe memory.pointee.withDecoy { bytes in
      unsafe mbedtls_ctr_drbg_random(generator, bytes.baseAddress, bytes.count)
    }
  }

  // The addresses of stored properties of memory that does not move.

  package var configuration: UnsafeMutablePointer<mbedtls_ssl_config> {
    unsafe withUnsafeMutablePointer(to: &memory.pointee.configuration) { unsafe $0 }
  }
  private var generator: UnsafeMutablePointer<mbedtls_ctr_drbg_context> {
    unsafe withUnsafeMutablePointer(to: &memory.pointee.generator) { unsafe $0 }
  }
  private var tickets: UnsafeMutablePointer<mbedtls_ssl_ticket_context> {
    unsafe withUnsafeMutablePointer(to: &memory.pointee.tickets) { unsafe $0 }
  }
}

/// The largest record content that a client asks for (RFC 6066 section 4).
public enum MaximumFragmentLength: UInt8, Sendable {
  case bytes512 = 1
  case bytes1024 = 2
  case bytes2048 = 3
  case bytes4096 = 4

  /// In bytes.
  public var byteCount: Int { 256 << Int(rawValue) }

  /// The one of so many bytes; nil for other numbers.
  public init?(byteCount: Int) {
    switch byteCount {
    case 512: self = .bytes512
    case 1024: self = .bytes1024
    case 2048: self = .bytes2048
    case 4096: self = .bytes4096
    default: return nil
    }
  }
}
