import DeviceCore
import LinuxSupport
import Port
import PortSockets
import PortTLS
import PortWebSocket

/// Where the clients come in that are tried, with TLS and a WebSocket where the scheme has them.
final class ProbeHost {
  let scheme: URIScheme
  let port: UInt16
  /// Where clients find it.
  let uri: String
  private var listener: SocketListener
  private var board: SocketBoard
  private let security: Security?
  private let webSockets: WebSocketSessionPool?
  /// The keys of the opening handshakes that came, for none is to come twice.
  private var webSocketKeys: Set<String> = []

  private struct Security {
    /// Answers ALPN where it has a meaning.
    let context: TLSContext
    /// Never does.
    let silent: TLSContext
    let sessions: TLSSessionPool
    let requiresProtocol: Bool
    let timeout: Milliseconds
  }

  /// What a handshake of TLS came to.
  enum Handshake {
    case done(isResumed: Bool)
    case failed(String)
  }

  private static let largestMessage: UInt32 = 1 << 20

  /// - Throws: ``Failure`` when it cannot listen there, or has nothing to prove who it is.
  init(at uri: RequestURI, _ arguments: SecurityArguments) throws(Failure) {
    scheme = uri.scheme
    guard let wanted = SocketAddress(host: uri.host, port: uri.port) else {
      throw Failure("--listen takes a numeric address, as 127.0.0.1", exitCode: 64)
    }
    do throws(SocketFailure) {
      board = try SocketMachine.makeBoard()
      let address: SocketAddress
      (listener, address) = try SocketMachine.makeListener(on: wanted, board: board)
      port = address.port
      self.uri = "\(uri.scheme.name)://\(address)"
    } catch {
      throw Failure(error.description)
    }
    do throws(SecurityFailure) {
      security = try ProbeHost.makeSecurity(scheme, port: port, arguments, &board)
    } catch {
      throw Failure(error.description, exitCode: 64)
    }
    webSockets =
      scheme.isWebSocket
      ? WebSocketMachine.makeSessions(
        2, largestMessage: Int(ProbeHost.largestMessage), outputCapacity: 1 << 16) : nil
  }

  private static func makeSecurity(
    _ scheme: URIScheme, port: UInt16, _ arguments: SecurityArguments, _ board: inout SocketBoard
  ) throws(SecurityFailure) -> Security? {
    guard scheme.isSecured else {
      guard let option = arguments.givenOption else { return nil }
      throw SecurityFailure("\(option) is for coaps+tcp and coaps+ws, and the URI is \(scheme.name)")
    }
    let keys = try arguments.loadServer()
    let context = try keys.makeContext(board: &board)
    if scheme.isWebSocket { context.offerNoApplicationProtocol() }
    let silent = try keys.makeContext(board: &board)
    silent.offerNoApplicationProtocol()
    return Security(
      context: context, silent: silent, sessions: TLSMachine.makeSessions(2),
      // RFC 8323 section 8.2: on its own port a client may do without.
      requiresProtocol: port != scheme.defaultPort && !scheme.isWebSocket && !arguments.isProtocolOptional,
      timeout: arguments.handshakeTimeout.span)
  }

  /// The next client, with nothing read from it.
  func next(within span: Milliseconds, patience: Milliseconds, trace: Bool) -> ProbeLink? {
    let deadline = board.now + span
    while !deadline.isReached(at: board.now) {
      if let stream = listener.accept() {
        let transport = ProbeTransport(stream)
        return ProbeLink(transport, over: transport, board: board, patience: patience, trace: trace)
      }
      board.wait(until: deadline)
    }
    return nil
  }

  // MARK: Layers

  /// Opens a link as far as a case wants it.
  ///
  /// - Returns: why that did not work, or nil when it did.
  func open(_ link: ProbeLink, for layer: ProbeLayer) -> String? {
    guard layer != .security, let transport = link.transport else { return nil }
    var base = SecurableStream.plain(transport)
    if security != nil {
      switch secure(link) {
      case (.done, let stream?): base = stream
      case (.failed(let reason), _): return "TLS failed: \(reason)"
      default: return "TLS failed"
      }
    }
    guard layer != .webSocket, let webSockets else { return nil }
    var limits = Limits()
    limits.maximumMessageByteCount = ProbeHost.largestMessage
    // What is no browser always may.
    guard
      let upgraded = WebSocketStream(
        accepting: base, sessions: webSockets, board: board, origins: WebSocketMachine.makeOrigins([]),
        limits: limits, digest: LibrarySHA1.self)
    else { return "the WebSocket before is still there" }
    link.use(upgraded)
    return link.open(within: .seconds(10)).map { "no WebSocket: \($0)" }
  }

  /// Shakes hands in TLS, with what the client says from its beginning.
  ///
  /// - Parameter isSilent: whether ALPN is not answered.
  func shakeHands(on link: ProbeLink, isSilent: Bool = false) -> Handshake {
    secure(link, isSilent: isSilent).result
  }

  private func secure(
    _ link: ProbeLink, isSilent: Bool = false
  ) -> (result: Handshake, stream: SecurableStream<ProbeTransport>?) {
    guard let security, let transport = link.transport else { return (.failed("there is no TLS"), nil) }
    transport.rewind()
    var listener = SecurableListener(
      securing: OneStream(transport), context: isSilent ? security.silent : security.context,
      sessions: security.sessions, board: board,
      requiresApplicationProtocol: security.requiresProtocol && !isSilent)
    guard let stream = listener.accept(), case .secured(let secured) = stream else {
      return (.failed("the handshake before is still going on"), nil)
    }
    link.use(stream)
    if let reason = link.open(within: security.timeout) { return (.failed(reason), stream) }
    return (.done(isResumed: secured.isResumed), stream)
  }

  /// Whether a key of an opening handshake has come before, and how many came.
  func takeWebSocketKey(_ key: String) -> (isNew: Bool, before: Int) {
    let before = webSocketKeys.count
    return (webSocketKeys.insert(key).inserted, before)
  }
}

/// A listener for a connection that is there.
private struct OneStream: Listener {
  private let stream: ProbeTransport

  init(_ stream: ProbeTransport) { self.stream = stream }

  func accept() -> ProbeTransport? { stream }
}
