import CSizeProbe
import DeviceCore
import Port

// A device with one connection that uses all of the core and of the port: it serves two resources, asks the
// peer for its time, pings it, and releases. Bytes come from nowhere and go nowhere.

struct Lamp: Resource {
  var path: StaticString { "actuators/lamp" }
  private var isOn = false

  mutating func get(_ request: Request, _ response: inout Response) {
    response.content(.textPlain, isOn ? "1" : "0")
  }

  mutating func put(_ request: Request, _ response: inout Response) throws(Refusal) {
    isOn = request.payload.isEqual(to: "1")
    guard isOn || request.payload.isEqual(to: "0") else { throw .badRequest("0 or 1") }
    response.changed()
  }
}

struct Thermometer: Resource {
  var path: StaticString { "sensors/temperature" }
  var attributes: LinkAttributes { LinkAttributes(resourceType: "temperature") }

  mutating func get(_ request: Request, _ response: inout Response) {
    response.begin(.content, .textPlain)
    response.append(decimal: probe_now())
  }
}

struct ProbeStream: ByteStream {
  mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    let count = unsafe space.withUnsafeMutableBufferPointer {
      unsafe probe_read($0.baseAddress, $0.count)
    }
    return count > 0 ? .bytes(Int(count)) : .nothingYet
  }

  mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    let count = unsafe bytes.withUnsafeBufferPointer { unsafe probe_write($0.baseAddress, $0.count) }
    return count > 0 ? .bytes(Int(count)) : .nothingYet
  }

  mutating func finishWriting() {}
  mutating func close() {}
}

struct ProbeListener: Listener {
  mutating func accept() -> ProbeStream? { probe_now() == 0 ? ProbeStream() : nil }
}

struct ProbeBoard: Board {
  var now: Instant { Instant(rawValue: probe_now()) }
  mutating func wait(until deadline: Instant?) {}
  mutating func fillRandom(_ bytes: inout MutableSpan<UInt8>) -> Bool { bytes.count > 0 }
}

/// The client's part: what the device does with the events of its connection.
struct Client {
  mutating func act(on event: Event, _ connection: inout Connection, at now: Instant) {
    switch event {
    case .capabilities:
      _ = try? connection.request(.get, at: now) { message throws(WriteError) in
        try message.append(path: "time")
      }
    case .response: try? connection.ping(at: now)
    case .pong: connection.release(at: now)
    default: break
    }
  }
}

/// One connection that was dialled, with both roles on it.
struct Both<Table: ResourceTable & ~Copyable>: ~Copyable, EndpointDelegate {
  var client = Client()
  var resources: Resources<Table>

  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {
    if event == .request { connection.serve(&resources, at: now) }
    client.act(on: event, &connection, at: now)
  }
}

typealias Storage = ConnectionStorage<1152, 1232, 4, 2>
nonisolated(unsafe) var storage = Storage()

/// - Returns: the one storage: the client and the server never run at the same time.
func makeMemory() -> ConnectionMemory {
  unsafe withUnsafeMutablePointer(to: &storage) { unsafe Storage.memory(of: $0) }
}

func runClient() {
  let board = ProbeBoard()
  let connection = Connection(
    role: .initiator, memory: makeMemory(), firstToken: probe_now(), at: board.now)
  var endpoint = Endpoint(connection: connection, stream: ProbeStream())
  var both = Both(
    resources: Resources {
      Lamp()
      Thermometer()
    })
  while endpoint.pump(&both, at: board.now) != .over {}
}

nonisolated(unsafe) var slot = Slot<ProbeStream>(memory: makeMemory())

func runServer() {
  let slots = unsafe withUnsafeMutablePointer(to: &slot) {
    unsafe UnsafeMutableBufferPointer(start: $0, count: 1)
  }
  var device = unsafe Device(
    board: ProbeBoard(), listener: ProbeListener(),
    resources: Resources {
      Lamp()
      Thermometer()
    }, observer: SilentObserver(), slots: slots)
  device.run()
}

if probe_now() > 0 { runClient() }
runServer()
