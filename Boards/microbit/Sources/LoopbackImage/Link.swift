import BoardResources
import DeviceCore
import Port

/// A device, its client, and a loopback between them.
struct Link<Table: ResourceTable & ~Copyable>: ~Copyable {
  typealias Server = Device<
    MicrobitBoard, SingleStreamListener<LoopbackStream>, Table, SilentObserver
  >

  private var server: Server
  private var endpoint: Endpoint<LoopbackStream>
  var client = Client()
  private let board = MicrobitBoard()

  /// More turns than any exchange needs: a message of 1,152 bytes has six pieces.
  private static var turnsAtMost: Int { 64 }

  /// Both ends of a new connection. The one before is over.
  init(_ resources: consuming Resources<Table>) {
    let streams = Memory.streams()
    // The slots are a global variable.
    server = unsafe Server(
      board: board, listener: SingleStreamListener(streams.server), resources: resources,
      observer: SilentObserver(), slots: Memory.slots)
    let connection = Connection(role: .initiator, memory: Memory.client, firstToken: 0, at: board.now)
    endpoint = Endpoint(connection: connection, stream: streams.client)
  }

  /// Lets both ends do what they can, until `condition` holds.
  ///
  /// - Returns: whether it does.
  mutating func turn(until condition: (inout Link) -> Bool) -> Bool {
    for _ in 0..<Link.turnsAtMost {
      if condition(&self) { return true }
      if client.end == nil { _ = endpoint.pump(&client, at: board.now) }
      _ = server.step()
    }
    return condition(&self)
  }

  /// What the server said that it takes.
  var capabilities: Capabilities { endpoint.connection.peerCapabilities }

  /// Whether the server has no connection.
  var isServerIdle: Bool { server.isIdle }

  /// - Returns: whether the answer has come; it is in `client`.
  mutating func ask(
    _ method: Code, _ build: (inout MessageWriter) throws(WriteError) -> Void
  ) -> Bool {
    guard let request = try? endpoint.connection.request(method, at: board.now, build)
    else { return false }
    return turn { $0.client.answered == request }
  }

  mutating func ping() -> Bool {
    guard (try? endpoint.connection.ping(at: board.now)) != nil else { return false }
    return turn { $0.client.hasPong }
  }

  mutating func release() -> Bool {
    endpoint.connection.release(at: board.now)
    return turn { $0.client.end != nil && $0.isServerIdle }
  }

  mutating func stopServer() -> Bool {
    server.stop()
    return turn { $0.client.end != nil && $0.isServerIdle }
  }
}
