import Foundation
import Port
import PortTLS
import PortTLSCertificates
import TLSArena

/// What one side has to offer.
struct Offer {
  var role: TLSContext.Role
  var identity = "lamp-7"
  /// Nil: no pre-shared key.
  var key: [UInt8]? = Offer.usualKey
  /// Of a server: how many certificates it sends.
  var chainLength = 0
  /// Of a client: whether it trusts the authority.
  var trusts = false
  var date = Offer.today

  static let usualKey = (0..<16).map { UInt8($0) }
  static let today = UInt32(Date().timeIntervalSince1970)
}

/// What one side of TLS needs: a context with its memory, and one session. Nothing of it is given back.
@safe
struct Side {
  let role: TLSContext.Role
  let context: TLSContext
  private let sessions: TLSSessionPool
  private var board: SeededBoard
  /// What the arena had in use after each part of the set-up.
  private(set) var steps: [(name: String, usedByteCount: Int)] = []

  /// - Throws: `TLSFault` or `CredentialError`.
  init(_ offer: Offer, _ credentials: Credentials) throws {
    role = offer.role
    board = SeededBoard(seed: offer.role == .client ? 11 : 22, date: offer.date)
    unsafe sessions = TLSSessionPool(PinnedArray(count: 1) { _ in TLSSession() }.buffer)
    unsafe context = try TLSContext(offer.role, memory: Pinned(TLSContextMemory()).pointer, board: &board)
    note("context")
    if let key = offer.key {
      let list = PinnedArray(count: 1) { _ in
        unsafe PreSharedKey(
          identity: PinnedArray(Array(offer.identity.utf8)).readOnly, key: PinnedArray(key).readOnly)!
      }
      try unsafe context.use(UnsafeBufferPointer(list.buffer))
      note("key")
    }
    if offer.chainLength > 0 || offer.trusts {
      let certificates = unsafe TLSCertificates(context, memory: Pinned(TLSCertificates.Memory()).pointer)
      if offer.trusts {
        let authority = credentials.authority
        try certificates.trust(authority.span)
        note("authority")
      }
      if offer.chainLength > 0 {
        let chain = credentials.chain(of: offer.chainLength)
        let (own, key) = (chain[0], credentials.key)
        let list = PinnedArray(count: 1) { _ in TLSCredential() }
        let place = unsafe list.buffer.baseAddress!
        try unsafe TLSCredential.load(chain: own.span, key: key.span, into: place)
        for next in chain.dropFirst() { try unsafe TLSCredential.append(next.span, to: place) }
        try unsafe certificates.present(list.buffer)
        note("certificates")
      }
    }
    if offer.role == .server {
      try context.offerTickets()
      note("tickets")
    }
  }

  private mutating func note(_ name: String) { steps.append((name, TLSArena.usedByteCount)) }

  /// Begins a connection. A client dials localhost.
  mutating func connect<Base: ByteStream>(_ base: Base) -> TLSStream<Base> {
    switch role {
    case .client:
      let (name, none) = (Array("localhost".utf8), [UInt8]())
      let stream = TLSStream(
        dialling: base, server: name.span, context: context, sessions: sessions, board: &board,
        saved: none.span, requiresApplicationProtocol: true)
      guard let stream else { fatalError("the session is still in use") }
      return stream
    case .server:
      var listener = SecurableListener(
        securing: SingleStreamListener(base), context: context, sessions: sessions, board: board,
        requiresApplicationProtocol: true)
      guard case .secured(let stream) = listener.accept() else { fatalError("the session is still in use") }
      // The next connection has other random bits.
      var bytes = InlineArray<64, UInt8>(repeating: 0)
      var span = bytes.mutableSpan
      _ = board.fillRandom(&span)
      return stream
    }
  }
}
