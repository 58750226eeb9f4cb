import DeviceCore
import Port

/// Accepts connections, and waits for the opening handshake of a WebSocket on each.
public struct WebSocketListener<Base: Listener, B: Board, Digest: WebSocketDigest>: Listener {
  private var base: Base
  private let sessions: WebSocketSessionPool
  private let board: B
  private let origins: WebSocketOrigins
  private let limits: Limits

  /// - Parameters:
  ///   - sessions: when all are taken, further peers wait in the transport's queue.
  ///   - origins: of the web pages that may connect.
  ///   - limits: of the connections.
  public init(
    _ base: Base, sessions: WebSocketSessionPool, board: B, origins: WebSocketOrigins, limits: Limits,
    digest: Digest.Type
  ) {
    self.base = base
    self.sessions = sessions
    self.board = board
    self.origins = origins
    self.limits = limits
  }

  public mutating func accept() -> WebSocketStream<Base.Stream, B, Digest>? {
    guard sessions.hasFree, let stream = base.accept() else { return nil }
    return WebSocketStream(
      accepting: stream, sessions: sessions, board: board, origins: origins, limits: limits,
      digest: Digest.self)
  }
}
