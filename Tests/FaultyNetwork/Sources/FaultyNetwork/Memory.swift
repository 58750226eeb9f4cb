import DeviceCore
import Port
import PortWebSocket

/// Memory of one connection, used again by the next schedule.
final class Memory {
  let value: ConnectionMemory

  init(isSmall: Bool) {
    value =
      isSmall
      ? Memory.make(
        ConnectionStorage<1156, 480, 3, 1>(), BodyStorage<1, 512, 512>(), ObserverStorage<1, 64>())
      : Memory.make(
        ConnectionStorage<2308, 2384, 6, 4>(), BodyStorage<2, 1024, 1024>(), ObserverStorage<3, 128>())
  }

  private static func make<
    let a: Int, let b: Int, let c: Int, let d: Int, let e: Int, let f: Int, let g: Int, let h: Int, let i: Int
  >(
    _ buffers: consuming ConnectionStorage<a, b, c, d>, _ bodies: consuming BodyStorage<e, f, g>,
    _ observers: consuming ObserverStorage<h, i>
  ) -> ConnectionMemory {
    let buffersPlace = UnsafeMutablePointer<ConnectionStorage<a, b, c, d>>.allocate(capacity: 1)
    buffersPlace.initialize(to: buffers)
    let bodiesPlace = UnsafeMutablePointer<BodyStorage<e, f, g>>.allocate(capacity: 1)
    bodiesPlace.initialize(to: bodies)
    let observersPlace = UnsafeMutablePointer<ObserverStorage<h, i>>.allocate(capacity: 1)
    observersPlace.initialize(to: observers)
    var memory = ConnectionStorage<a, b, c, d>.memory(of: buffersPlace)
    memory.bodies = BodyStorage<e, f, g>.memory(of: bodiesPlace)
    memory.observers = ObserverStorage<h, i>.memory(of: observersPlace)
    return memory
  }
}

/// All the memory there is; one schedule runs at a time.
enum Pool {
  private static let serverMemory = [false, true].map { isSmall in
    (0..<4).map { _ in Memory(isSmall: isSmall) }
  }
  private static let clientMemory = [false, true].map { isSmall in
    (0..<3).map { _ in Memory(isSmall: isSmall) }
  }
  static let serverSessions = Sessions(4)
  static let clientSessions = Sessions(3)
  static let telemetry = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 256)
  static let traffic = UnsafeMutablePointer<TrafficMeter>.allocate(capacity: 1)

  static func server(_ world: World) -> [Memory] { serverMemory[world.isServerSmall ? 1 : 0] }
  static func client(_ world: World, _ index: Int) -> Memory {
    clientMemory[world.areClientsSmall ? 1 : 0][index]
  }
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
