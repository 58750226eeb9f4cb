import DeviceCore
import LinuxSupport
import Port
import PortSockets
import PortTLS

/// The TLS handshake with the server of a URI.
struct Handshake {
  private let arguments: SecurityArguments
  private let security: ClientSecurity
  private let context: TLSContext
  private let board: SocketBoard
  /// The name or the address that the server has to prove.
  private let serverName: String
  private let requiresProtocol: Bool
  private let sessionFile: SessionFile?

  /// How long a server may take to read why it was refused.
  private static let lingerTime = Milliseconds.seconds(1)
  private static let largestSession = 1 << 17

  /// Reads the keys and certificates.
  ///
  /// - Returns: nil for a URI without TLS.
  /// - Throws: ``Failure`` of usage, before anything is sent.
  init?(with uri: RequestURI, _ arguments: SecurityArguments, board: SocketBoard) throws(Failure) {
    guard uri.scheme.isSecured else {
      // Somebody who says how to protect the connection must not get one without protection.
      if let option = arguments.givenOption {
        throw Failure(
          "\(option) is for coaps+tcp and coaps+ws, and the URI is \(uri.scheme.name)", exitCode: 64)
      }
      return nil
    }
    self.arguments = arguments
    self.board = board
    security = try arguments.load()
    serverName = arguments.serverName ?? uri.nameWithoutFinalDot
    // RFC 8323 section 8.2: on its own port a server may do without.
    requiresProtocol =
      uri.port != uri.scheme.defaultPort && !uri.scheme.isWebSocket && !arguments.isProtocolOptional
    var ownBoard = board
    do throws(SecurityFailure) {
      context = try security.makeContext(board: &ownBoard)
      if uri.scheme.isWebSocket { context.offerNoApplicationProtocol() }
      if let path = arguments.sessionFile {
        var fingerprint = try security.fingerprint()
        fingerprint.add(text: uri.host)
        fingerprint.add(text: "\(uri.port)")
        fingerprint.add(text: serverName)
        sessionFile = SessionFile(path, fingerprint: fingerprint)
      } else {
        sessionFile = nil
      }
    } catch {
      throw Failure(error.description, exitCode: 64)
    }
    if arguments.isInsecure {
      complain("warning: the server's certificate is not checked, anybody may be on the other side")
    }
  }

  /// Shakes hands.
  ///
  /// - Throws: why there is no TLS with this server.
  func run(
    on stream: SocketStream, _ address: SocketAddress, isVerbose: Bool
  ) throws(Failure) -> SecurableStream<SocketStream> {
    var board = self.board
    let saved = sessionFile?.load(at: board.unixTime ?? 0) ?? []
    var secured = TLSStream(
      dialling: stream, server: Array(serverName.utf8).span, context: context,
      sessions: TLSMachine.makeSessions(1), board: &board, saved: saved.span,
      requiresApplicationProtocol: requiresProtocol)!
    if let failure = open(&secured, board: &board) {
      secured.close()
      // What did not work is not tried again (RFC 5246 section 7.2.2).
      if !saved.isEmpty { sessionFile?.remove() }
      throw Failure(text(failure, address, isOver: false))
    }
    if isVerbose { describe(secured) }
    save(secured, at: board.unixTime ?? 0)
    return .secured(secured)
  }

  /// A line about a failure.
  ///
  /// - Parameter isOver: whether it came after the handshake.
  func text(_ failure: TLSFailure, _ address: SocketAddress, isOver: Bool) -> String {
    var circumstances = TLSCircumstances(.client)
    circumstances.serverName = serverName
    circumstances.isAboutSharedKey = security.key != nil && !isOver
    circumstances.handshakeTimeout = arguments.handshakeTimeout
    return "TLS with \(address) failed: \(failure.text(circumstances))"
  }

  /// - Returns: why the stream cannot be opened, or nil when it is open.
  private func open(
    _ stream: inout TLSStream<SocketStream>, board: inout SocketBoard
  ) -> TLSFailure? {
    var deadline = board.now + arguments.handshakeTimeout.span
    var isFailing = false
    while true {
      let result = stream.open()
      switch result {
      case .open: return nil
      case .failed: return stream.failure
      case .failing where !isFailing:
        isFailing = true
        deadline = board.now + Handshake.lingerTime
      default: break
      }
      if deadline.isReached(at: board.now) { return stream.failure ?? .local(.handshakeTimedOut) }
      if result != .busy { board.wait(until: deadline) }
    }
  }

  private func describe(_ stream: TLSStream<SocketStream>) {
    var parts = ["TLS 1.2", cipherSuiteName(stream.cipherSuite)]
    if stream.isResumed { parts.append("resumed") }
    if stream.hasApplicationProtocol { parts.append("coap (ALPN)") }
    writeLine(parts.joined(separator: ", "), to: 2)
  }

  /// A session that cannot be kept is no reason to give up.
  private func save(_ stream: TLSStream<SocketStream>, at now: UInt32) {
    guard let sessionFile else { return }
    var bytes = [UInt8](repeating: 0, count: Handshake.largestSession)
    var space = bytes.mutableSpan
    guard let count = stream.saveSession(into: &space) else { return }
    do throws(FileFailure) {
      try sessionFile.save(Array(bytes.prefix(count)), at: now)
    } catch {
      complain("warning: \(error)")
    }
  }
}
