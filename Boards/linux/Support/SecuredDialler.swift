import DeviceCore
import Port
import PortSockets
import PortTLS

/// Dials TCP connections and, for coaps+tcp, begins a TLS handshake on each: the server has to prove the same
/// name or key wherever it is.
public struct SecuredDialler: Dialler {
  private var sockets: SocketDialler
  private var board: SocketBoard
  private let security: Security?

  private struct Security {
    let context: TLSContext
    let sessions: TLSSessionPool
    let serverName: [UInt8]
    let requiresProtocol: Bool
  }

  /// Dials without TLS.
  public init(plain board: SocketBoard) {
    self.board = board
    sockets = SocketDialler(board: board)
    security = nil
  }

  /// Dials over TLS.
  ///
  /// - Parameters:
  ///   - serverName: the name or the numeric address that the server's certificate has to have.
  ///   - requiresProtocol: whether the server has to answer ALPN; it has to on every port but 5684 (RFC 8323
  ///     section 8.2).
  /// - Throws: what is wrong with a key or a certificate.
  public init(
    securing board: SocketBoard, _ security: ClientSecurity, serverName: String, requiresProtocol: Bool
  ) throws(SecurityFailure) {
    self.board = board
    sockets = SocketDialler(board: board)
    self.security = Security(
      context: try security.makeContext(board: &self.board), sessions: TLSMachine.makeSessions(2),
      serverName: Array(serverName.utf8), requiresProtocol: requiresProtocol)
  }

  public mutating func dial(_ place: DialPlace) -> SecurableStream<SocketStream>? {
    guard var stream = sockets.dial(place) else { return nil }
    guard let security else { return .plain(stream) }
    let none: [UInt8] = []
    let secured = TLSStream(
      dialling: stream, server: security.serverName.span, context: security.context,
      sessions: security.sessions, board: &board, saved: none.span,
      requiresApplicationProtocol: security.requiresProtocol)
    guard let secured else {
      stream.close()
      return nil
    }
    return .secured(secured)
  }
}
