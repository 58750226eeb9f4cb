import DeviceCore
import LinuxSupport
import Port
import PortSockets

/// What a command does on its connection.
protocol Activity: EndpointDelegate {
  /// Sends what is due now. Called whenever time has passed; events say themselves what follows from them.
  mutating func act(on connection: inout Connection, at now: Instant)

  /// When something is due even if nothing comes; nil for never.
  var deadline: Instant? { get }
}

/// The server of a URI, connected.
struct Server {
  let address: SocketAddress
  private let board: SocketBoard
  private let stream: SocketStream
  private let arguments: ConnectionArguments

  /// Looks the host up and tries its addresses one after the other.
  init(of uri: RequestURI, arguments: ConnectionArguments) throws(Failure) {
    try uri.requirePlainTCP()
    do throws(SocketFailure) {
      let board = try SocketMachine.makeBoard()
      let (descriptor, address) = try connectSocket(
        host: uri.host, port: uri.port, timeout: arguments.connectTimeout.span)
      guard let stream = SocketStream(descriptor: descriptor, board: board) else {
        throw SocketFailure("no descriptor left for \(address)")
      }
      self.address = address
      self.board = board
      self.stream = stream
      self.arguments = arguments
    } catch {
      throw Failure(error.description)
    }
  }

  /// Ctrl-C as something that ends a wait; nil when the system does not give that.
  var stopSignals: StopSignals? { StopSignals(board: board) }

  /// Runs to the end of the connection.
  ///
  /// - Parameter largestRequest: in bytes.
  func run(
    _ activity: inout some Activity, limits: Limits, largestRequest: Int
  ) throws(Failure) {
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
    guard let token = board.random() else { throw Failure("no random bits for tokens") }
    let memory = SocketMachine.makeMemory(
      receiveCapacity: Int(limits.maximumMessageByteCount),
      // Room for the CSM and a Release beside the request.
      transmitCapacity: largestRequest + 4 * ConnectionMemory.transmitReserve)
    let connection = Connection(
      role: .initiator, memory: memory, limits: limits, firstToken: token, at: board.now)
    var endpoint = Endpoint(connection: connection, stream: stream)
    while true {
      activity.act(on: &endpoint.connection, at: board.now)
      switch endpoint.pump(&activity, at: board.now) {
      case .over: return
      case .busy: break
      case .waiting(let deadline): board.wait(until: earlier(activity.deadline, deadline))
      }
    }
  }

  private func earlier(_ one: Instant?, _ other: Instant?) -> Instant? {
    guard let one, let other else { return one ?? other }
    return other.isBefore(one) ? other : one
  }
}
