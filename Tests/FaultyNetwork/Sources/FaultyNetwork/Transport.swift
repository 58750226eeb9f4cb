import DeviceCore
import Port
import PortWebSocket

struct SimulatedListener: Listener {
  let network: Network
  mutating func accept() -> SimulatedStream? { network.accept().map { SimulatedStream(link: $0, side: 1) } }
}

/// What a connection speaks on: the simulated stream, or a WebSocket over it.
typealias Transport = UpgradableStream<SimulatedStream, SimulatedBoard, LibrarySHA1>
typealias TransportListener = UpgradableListener<SimulatedListener, SimulatedBoard, LibrarySHA1>

extension Network {
  func listener(_ limits: Limits) -> TransportListener {
    let listener = SimulatedListener(network: self)
    guard world.isWebSocket else { return .plain(listener) }
    return .upgrading(
      WebSocketListener(
        listener, sessions: Pool.serverSessions.pool, board: SimulatedBoard(world: world, entropyRarity: 400),
        origins: .none, limits: limits, digest: LibrarySHA1.self))
  }

  /// - Returns: nil when there are no random bits for a WebSocket.
  func dial(from client: Int, _ limits: Limits) -> Transport? {
    var stream = SimulatedStream(link: dial(from: client), side: 0)
    guard world.isWebSocket else { return .plain(stream) }
    let host: StaticString = "device.example"
    // A mask is needed for each frame: without random bits the connection ends.
    let socket = try? WebSocketStream(
      dialling: stream, host: host.bytes, sessions: Pool.clientSessions.pool,
      board: SimulatedBoard(world: world, entropyRarity: 400), limits: limits, digest: LibrarySHA1.self)
    guard let socket else {
      stream.close()
      return nil
    }
    world.count(.webSockets)
    return .upgraded(socket)
  }
}

struct SimulatedDialler: Dialler {
  let network: Network
  let client: Int
  let limits: Limits
  mutating func dial(_ place: DialPlace) -> Transport? { network.dial(from: client, limits) }
}

struct SimulatedBoard: Board {
  let world: World
  var entropyRarity = 6

  var now: Instant { world.now }
  mutating func wait(until deadline: Instant?) { fatalError("the loop waits") }

  mutating func fillRandom(_ bytes: inout MutableSpan<UInt8>) -> Bool {
    if world.happens(.entropyFailures, entropyRarity) { return false }
    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: world.chance.next()) }
    return true
  }
}
