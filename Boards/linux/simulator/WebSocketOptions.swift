import DeviceCore
import LinuxSupport
import Port
import PortSockets
import PortTLS
import PortWebSocket

/// What the simulator needs for the listeners among its own that are for WebSockets.
struct WebSocketOptions {
  /// TLS without ALPN, where a listener needs it.
  let context: TLSContext?
  private let sessions: WebSocketSessionPool
  private let origins: WebSocketOrigins
  private let limits: Limits

  init(
    _ listeners: [OpenListener], limits: LimitOptions, origins: [String],
    makeContext: () throws -> TLSContext
  ) rethrows {
    let mine = listeners.filter { $0.address.isWebSocket }
    context = mine.contains { $0.address.isSecured } ? try makeContext() : nil
    context?.offerNoApplicationProtocol()
    sessions = WebSocketMachine.makeSessions(
      mine.isEmpty ? 0 : limits.connections, largestMessage: Int(limits.maxMessageSize),
      outputCapacity: 20_000)
    self.origins = WebSocketMachine.makeOrigins(origins)
    self.limits = limits.limits
  }

  func upgrade<L: Listener>(
    _ listener: L, _ open: OpenListener, board: SocketBoard
  ) -> UpgradableListener<L, SocketBoard, LibrarySHA1> {
    guard open.address.isWebSocket else { return .plain(listener) }
    return .upgrading(
      WebSocketListener(
        listener, sessions: sessions, board: board, origins: origins, limits: limits,
        digest: LibrarySHA1.self))
  }
}
