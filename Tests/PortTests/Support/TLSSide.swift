import CMbedTLS
import Port
import PortTLS
import PortTLSCertificates

/// An identity and its key.
struct TestKey {
  var identity: [UInt8]
  var key: [UInt8]

  init(_ identity: String, _ key: [UInt8]) {
    self.identity = Array(identity.utf8)
    self.key = key
  }

  /// A key that both sides have unless a test says otherwise.
  static let usual = TestKey("lamp-7", .pattern(16, seed: 7))
}

/// What one side of TLS needs: a context with its memory, and sessions.
@safe
final class TLSSide {
  let board: TestBoard
  let context: TLSContext
  let sessions: TLSSessionPool
  private let memory = Pinned(TLSContextMemory())
  private let sessionMemory: PinnedArray<TLSSession>
  private var keyMemory: [AnyObject] = []
  private let certificateMemory = Pinned(TLSCertificates.Memory())
  private var credentialMemory: [AnyObject] = []
  private(set) lazy var certificates = unsafe TLSCertificates(
    context, memory: certificateMemory.pointer)

  init(
    _ role: TLSContext.Role, keys: [TestKey] = [.usual], suite: Int32? = nil, sessionCount: Int = 1,
    board: TestBoard? = nil
  ) throws {
    var board = board ?? TestBoard(seed: role == .client ? 11 : 22)
    self.board = board
    sessionMemory = PinnedArray(count: sessionCount) { _ in TLSSession() }
    unsafe sessions = TLSSessionPool(sessionMemory.buffer)
    unsafe context = try TLSContext(role, memory: memory.pointer, board: &board)
    if !keys.isEmpty { try use(keys) }
    if let suite { offer(suite) }
  }

  deinit { context.free() }

  var configuration: UnsafeMutablePointer<mbedtls_ssl_config> { unsafe context.configuration }

  private func use(_ keys: [TestKey]) throws {
    let identities = keys.map { PinnedArray($0.identity) }
    let secrets = keys.map { PinnedArray($0.key) }
    let list = PinnedArray(count: keys.count) { index in
      unsafe PreSharedKey(identity: identities[index].readOnly, key: secrets[index].readOnly)!
    }
    keyMemory = identities + secrets + [list]
    try unsafe context.use(UnsafeBufferPointer(list.buffer))
  }

  /// Offers one cipher suite only.
  func offer(_ suite: Int32) {
    let list = PinnedArray<Int32>(count: 2) { $0 == 0 ? suite : 0 }
    keyMemory.append(list)
    unsafe mbedtls_ssl_conf_ciphersuites(configuration, list.buffer.baseAddress)
  }

  /// Makes mbedTLS's generator want random bits of the board after so many uses.
  func demandFreshEntropy(every count: Int32 = 0) {
    unsafe mbedtls_ctr_drbg_set_reseed_interval(generator, count)
  }

  /// Makes it want some now.
  func takeEntropy() { _ = unsafe mbedtls_ctr_drbg_reseed(generator, nil, 0) }

  private var generator: UnsafeMutablePointer<mbedtls_ctr_drbg_context> {
    unsafe configuration.pointee.p_rng.assumingMemoryBound(to: mbedtls_ctr_drbg_context.self)
  }

  /// Offers this protocol by ALPN instead of `coap`, or none.
  func setApplicationProtocol(_ name: StaticString?) {
    guard let name else {
      unsafe configuration.pointee.alpn_list = nil
      return
    }
    let list = unsafe PinnedArray<UnsafePointer<CChar>?>(count: 2) { index in
      unsafe index == 0 ? UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self) : nil
    }
    unsafe keyMemory.append(list)
    unsafe mbedtls_ssl_conf_alpn_protocols(configuration, list.buffer.baseAddress)
  }

  var firstSession: UnsafeMutablePointer<TLSSession> { unsafe sessionMemory.buffer.baseAddress! }

  /// Presents these certificates.
  func present(_ certified: [Certified]) throws {
    let list = PinnedArray(count: certified.count) { _ in TLSCredential() }
    credentialMemory.append(list)
    for (index, each) in certified.enumerated() {
      let place = unsafe list.buffer.baseAddress! + index
      try unsafe TLSCredential.load(chain: each.certificate.span, key: each.key.span, into: place)
      for next in each.chain { try unsafe TLSCredential.append(next.span, to: place) }
    }
    try unsafe certificates.present(list.buffer)
  }

  /// Presents the first certificate whatever name a client asks for.
  func ignoreServerNames() { unsafe mbedtls_ssl_conf_sni(configuration, nil, nil) }

  /// Presents a certificate although its extended key usage says that it is for clients.
  func ignoreOwnUse() {
    let certificate = unsafe configuration.pointee.key_cert.pointee.cert!
    unsafe certificate.pointee.ext_types &= ~MBEDTLS_X509_EXT_EXTENDED_KEY_USAGE
  }

  /// Trusts these authorities.
  func trust(_ authorities: Certified...) throws {
    for each in authorities { try certificates.trust(each.certificate.span) }
  }
}
