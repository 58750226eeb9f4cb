import CHarness
import DeviceCore

struct Humidity: Resource {
  var path: StaticString { "sensors/humidity" }
}

struct Temperature: Resource {
  var path: StaticString { "sensors/temp" }

  mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    guard let unit = request.query("unit"), unit.count == 1, unit[0] == 0x63 else {
      throw .badRequest("unit")
    }
    let format = ContentFormat(rawValue: UInt16(truncatingIfNeeded: harness_content_format()))
    response.begin(.content, format)
    response.append(.maxAge, uint: harness_max_age())
    response.append(Input.payload)
  }
}

struct Lamp: Resource {
  var path: StaticString { "actuators/lamp" }
}

// In place for as long as the program runs; used by `dispatch` only.
nonisolated(unsafe) private var storage = ConnectionStorage<1152, 1232, 4, 2>()

/// From the bytes of a request to those of its response, on an open connection.
@inline(never)
func dispatch(count: UInt32) {
  let now = Instant(rawValue: 0)
  let memory = unsafe withUnsafeMutablePointer(to: &storage) {
    unsafe ConnectionStorage<1152, 1232, 4, 2>.memory(of: $0)
  }
  var connection = Connection(role: .acceptor, memory: memory, firstToken: 1, at: now)
  var resources = Resources {
    Humidity()
    Temperature()
    Lamp()
  }

  // Both CSMs.
  let capabilities: InlineArray<2, UInt8> = [0x00, 0xe1]
  _ = connection.receive(capabilities.span, at: now)
  guard case .capabilities = connection.poll(at: now) else { fail("no CSM") }
  let capabilitiesLength = connection.pendingOutput.count
  connection.didSend(capabilitiesLength, at: now)

  for index in 0..<count {
    _ = connection.receive(Input.get, at: now)
    while let event = connection.poll(at: now) {
      if case .request = event { connection.serve(&resources, at: now) }
    }
    let length = connection.pendingOutput.count
    harness_consume(UInt32(truncatingIfNeeded: length))
    if index == 0 { check(harness_dispatch_get, connection.pendingOutput) }
    connection.didSend(length, at: now)
  }
}
