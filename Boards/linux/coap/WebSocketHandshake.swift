import DeviceCore
import LinuxSupport
import Port
import PortSockets
import PortTLS
import PortWebSocket

/// The opening handshake of a WebSocket with the server of a URI.
struct WebSocketHandshake {
  private let host: String
  private let board: SocketBoard
  private let timeout: Seconds

  /// - Returns: nil for a URI without WebSocket.
  init?(with uri: RequestURI, board: SocketBoard, timeout: Seconds) {
    guard uri.scheme.isWebSocket else { return nil }
    host = uri.authority
    self.board = board
    self.timeout = timeout
  }

  /// Shakes hands.
  ///
  /// - Throws: why there is no WebSocket with this server.
  func run(
    on stream: SecurableStream<SocketStream>, _ address: SocketAddress, limits: Limits
  ) throws(Failure) -> LinuxStream<SecurableStream<SocketStream>> {
    let sessions = WebSocketMachine.makeSessions(
      1, largestMessage: Int(limits.maximumMessageByteCount), outputCapacity: 1 << 16)
    var upgraded: WebSocketStream<SecurableStream<SocketStream>, SocketBoard, LibrarySHA1>
    do throws(WebSocketFault) {
      upgraded = try WebSocketStream(
        dialling: stream, host: Array(host.utf8).span, sessions: sessions, board: board, limits: limits,
        digest: LibrarySHA1.self)!
    } catch {
      throw Failure("the WebSocket with \(address) cannot be asked for: \(error.text)")
    }
    if let reason = open(&upgraded) {
      upgraded.close()
      throw Failure(WebSocketHandshake.text(reason, address))
    }
    return .upgraded(upgraded)
  }

  /// A line about a failure.
  static func text(_ reason: String, _ address: SocketAddress) -> String {
    "the WebSocket with \(address) failed: \(reason)"
  }

  /// - Returns: why the stream cannot be opened, or nil when it is open.
  private func open(_ stream: inout some ByteStream) -> String? {
    var board = self.board
    let deadline = board.now + timeout.span
    while true {
      let result = stream.open()
      switch result {
      case .open: return nil
      case .failed: return stream.failure?.text(TLSCircumstances(.client)) ?? "the connection broke"
      default: break
      }
      if deadline.isReached(at: board.now) { return "no answer within \(timeout) s" }
      if result != .busy { board.wait(until: deadline) }
    }
  }
}
