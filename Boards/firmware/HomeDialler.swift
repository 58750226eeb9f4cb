import DeviceCore
import Port
import PortLwIP
import PortTLS

/// Dials over TCP, or over TLS with the board's pre-shared key: then whoever answers has to have that key, wherever
/// a server sends the board.
struct HomeDialler<M: Machine>: Dialler {
  private(set) var board: FirmwareBoard<M>
  private let security: Security?

  private struct Security {
    let context: TLSContext
    let sessions: TLSSessionPool
  }

  /// Dials without TLS.
  init(board: FirmwareBoard<M>) {
    self.board = board
    security = nil
  }

  /// Dials over TLS.
  ///
  /// - Returns: nil when there is no key, no random bits, or no memory.
  /// - Precondition: the memory is initialised, and TLS has its arena. It is called once.
  @unsafe
  init?(securing board: FirmwareBoard<M>, memory: HomeMemory) {
    guard let given = unsafe M.provisioning.sharedKey,
      let key = unsafe PreSharedKey(identity: given.identity, key: given.key)
    else { return nil }
    unsafe memory.key.initialize(to: key)
    var board = board
    let context: TLSContext
    do throws(TLSFault) {
      context = try unsafe TLSContext(.client, memory: memory.context, board: &board)
      try unsafe context.use(UnsafeBufferPointer(start: memory.key, count: 1))
    } catch {
      return nil
    }
    self.board = board
    security = unsafe Security(context: context, sessions: TLSSessionPool(memory.sessions))
  }

  mutating func dial(_ place: DialPlace) -> SecurableStream<LwIPStream>? {
    guard case .ipv4(let bytes) = place.address,
      var stream = board.network.dial(IPv4(bytes[0], bytes[1], bytes[2], bytes[3]), port: place.port)
    else { return nil }
    guard let security else { return .plain(stream) }
    let none = InlineArray<0, UInt8>(repeating: 0)
    // The key says who it is; there is no name to check. Only other ports than 5684 need ALPN (RFC 8323
    // section 8.2).
    let secured = TLSStream(
      dialling: stream, server: none.span, context: security.context, sessions: security.sessions,
      board: &board, saved: none.span, requiresApplicationProtocol: place.port != 5684)
    guard let secured else {
      stream.close()
      return nil
    }
    return .secured(secured)
  }
}
