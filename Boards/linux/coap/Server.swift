import DeviceCore
import LinuxSupport
import Port
import PortSockets
import PortTLS

/// The server of a URI, connected, and over the handshake if there is one.
struct Server {
  let address: SocketAddress
  private let board: SocketBoard
  private let stream: LinuxStream<SecurableStream<SocketStream>>
  private let security: Handshake?
  private let arguments: ConnectionArguments

  /// How far a connection is opened: for CoAP, or to the layer whose bytes somebody makes up.
  enum Depth {
    case transport, security, messages
  }

  /// Looks the host up and tries its addresses one after the other.
  init(
    of uri: RequestURI, connection: ConnectionArguments, security: SecurityArguments, isVerbose: Bool,
    to depth: Depth = .messages
  ) throws(Failure) {
    arguments = connection
    board = try refusals { () throws(SocketFailure) in try SocketMachine.makeBoard() }
    let handshake = depth == .transport ? nil : try Handshake(with: uri, security, board: board)
    let (stream, address) = try Server.connect(to: uri, connection, board: board)
    self.address = address
    self.security = handshake
    let secured = try handshake?.run(on: stream, address, isVerbose: isVerbose) ?? .plain(stream)
    let upgrade =
      depth == .messages
      ? WebSocketHandshake(with: uri, board: board, timeout: security.handshakeTimeout) : nil
    self.stream = try upgrade?.run(on: secured, address, limits: connection.limits) ?? .plain(secured)
  }

  /// The stream itself, for whoever sends bytes of their own.
  var opened: LinuxStream<SecurableStream<SocketStream>> { stream }

  /// What waits for the stream.
  var machine: SocketBoard { board }

  /// Ctrl-C as something that ends a wait; nil when the system does not give that.
  var stopSignals: StopSignals? { StopSignals(board: board) }

  /// Runs to the end of the connection.
  ///
  /// - Parameter largestRequest: in bytes.
  func run(
    _ activity: inout some Activity, limits: Limits, largestRequest: Int
  ) throws(Failure) {
    var limits = limits
    if case .upgraded = stream { limits.framingByteCount = WebSocketMachine.framingByteCount }
    if arguments.trace {
      let traced = TracingStream(stream, label: "") { writeLine($0, to: 2) }
      try run(&activity, on: traced, limits, largestRequest)
    } else {
      try run(&activity, on: stream, limits, largestRequest)
    }
  }

  private func run(
    _ activity: inout some Activity, on stream: some ByteStream, _ limits: Limits,
    _ largestRequest: Int
  ) throws(Failure) {
    var board = self.board
    guard let random = board.random() else { throw Failure("no random bits for tokens") }
    let memory = SocketMachine.makeMemory(
      receiveCapacity: Int(limits.maximumMessageByteCount + limits.framingByteCount),
      // Room for the CSM and a Release beside the request.
      transmitCapacity: largestRequest + 4 * ConnectionMemory.transmitReserve)
    let connection = Connection(
      role: .initiator, memory: memory, limits: limits,
      // TLS keeps others from guessing tokens.
      firstToken: stream.isSecured ? 0 : random, at: board.now)
    var endpoint = Endpoint(connection: connection, stream: stream)
    while true {
      activity.act(on: &endpoint.connection, at: board.now)
      switch endpoint.pump(&activity, at: board.now) {
      case .over:
        activity.didEnd(reason(endpoint.failure))
        return
      case .busy: break
      case .waiting(let deadline): board.wait(until: earlier(activity.deadline, deadline))
      }
    }
  }

  private func reason(_ failure: TLSFailure?) -> String {
    if case .webSocket = failure {
      return WebSocketHandshake.text(failure!.text(TLSCircumstances(.client)), address)
    }
    guard let failure, let security else { return "the connection broke" }
    return security.text(failure, address, isOver: true)
  }

  private func earlier(_ one: Instant?, _ other: Instant?) -> Instant? {
    guard let one, let other else { return one ?? other }
    return other.isBefore(one) ? other : one
  }

  private static func connect(
    to uri: RequestURI, _ arguments: ConnectionArguments, board: SocketBoard
  ) throws(Failure) -> (stream: SocketStream, address: SocketAddress) {
    try refusals { () throws(SocketFailure) in
      let (descriptor, address) = try connectSocket(
        host: uri.host, port: uri.port, timeout: arguments.connectTimeout.span)
      guard let stream = SocketStream(descriptor: descriptor, board: board) else {
        throw SocketFailure("no descriptor left for \(address)")
      }
      return (stream, address)
    }
  }
}

/// Says what the operating system refuses as the tool's own failure.
private func refusals<Result>(
  _ body: () throws(SocketFailure) -> Result
) throws(Failure) -> Result {
  do throws(SocketFailure) {
    return try body()
  } catch {
    throw Failure(error.description)
  }
}
