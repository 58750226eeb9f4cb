import DeviceCore
import Port
import PortWebSocket

/// Memory of one connection, used again by the next schedule.
final class Memory {
  private typealias Buffers = ConnectionStorage<2308, 2384, 6, 4>
  private typealias Bodies = BodyStorage<2, 1024, 1024>
  private typealias Observers = ObserverStorage<3, 128>
  let value: ConnectionMemory

  init() {
    let buffers = UnsafeMutablePointer<Buffers>.allocate(capacity: 1)
    buffers.initialize(to: Buffers())
    let bodies = UnsafeMutablePointer<Bodies>.allocate(capacity: 1)
    bodies.initialize(to: Bodies())
    let observers = UnsafeMutablePointer<Observers>.allocate(capacity: 1)
    observers.initialize(to: Observers())
    var memory = Buffers.memory(of: buffers)
    memory.bodies = Bodies.memory(of: bodies)
    memory.observers = Observers.memory(of: observers)
    value = memory
  }
}

/// All the memory there is; one schedule runs at a time.
enum Pool {
  static let server = (0..<4).map { _ in Memory() }
  static let clients = (0..<3).map { _ in Memory() }
  static let serverSessions = Sessions(server.count)
  static let clientSessions = Sessions(clients.count)
  static let telemetry = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 256)
  static let traffic = UnsafeMutablePointer<TrafficMeter>.allocate(capacity: 1)
}

/// WebSockets, as many as there are connections at a time.
final class Sessions {
  private typealias Storage = WebSocketStorage<2400, 512>
  private let sessions: UnsafeMutableBufferPointer<WebSocketSession>
  let pool: WebSocketSessionPool

  init(_ count: Int) {
    sessions = .allocate(capacity: count)
    for index in sessions.indices {
      let storage = UnsafeMutablePointer<Storage>.allocate(capacity: 1)
      storage.initialize(to: Storage())
      sessions.initializeElement(at: index, to: WebSocketSession(memory: Storage.memory(of: storage)))
    }
    pool = WebSocketSessionPool(sessions)
  }

  /// What a schedule that has failed left behind.
  func freeAll() { for index in sessions.indices { sessions[index].free() } }
}
