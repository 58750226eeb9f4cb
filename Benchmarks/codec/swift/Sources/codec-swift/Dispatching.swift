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

private let now = Instant(rawValue: 0)

/// A connection after both CSMs.
private func openConnection() -> Connection {
  let memory = unsafe withUnsafeMutablePointer(to: &storage) {
    unsafe ConnectionStorage<1152, 1232, 4, 2>.memory(of: $0)
  }
  var connection = Connection(role: .acceptor, memory: memory, firstToken: 1, at: now)
  let capabilities: InlineArray<2, UInt8> = [0x00, 0xe1]
  _ = connection.receive(capabilities.span, at: now)
  guard case .capabilities = connection.poll(at: now) else { fail("no CSM") }
  let capabilitiesLength = connection.pendingOutput.count
  connection.didSend(capabilitiesLength, at: now)
  return connection
}

private func payloadLength(_ connection: borrowing Connection) -> Int {
  guard let message = connection.message else { return 0 }
  return message.payload.count
}

// A call that never returned would leave the connection behind, which the compiler warns of.
private func failed() {
  fail("the response was not handed out")
}

/// From a request without options to the event of its response, in which the token is put before.
@inline(never)
func dispatchContent(count: UInt32) {
  var connection = openConnection()
  var content = InlineArray<76, UInt8>(repeating: 0)
  for _ in 0..<count {
    let opaque = Input.content
    for index in 0..<76 { content[index] = opaque[index] }
    let request = try? connection.request(.get, at: now) { _ throws(WriteError) in }
    guard let request else { return failed() }
    for index in 0..<4 { content[3 + index] = connection.pendingOutput[2 + index] }
    connection.didSend(6, at: now)
    _ = connection.receive(content.span, at: now)
    guard connection.poll(at: now) == .response(request) else { return failed() }
    let length = payloadLength(connection)
    guard length == Input.payload.count else { return failed() }
    harness_consume(UInt32(truncatingIfNeeded: length))
    guard connection.poll(at: now) == nil else { return failed() }
  }
}

/// From the bytes of a request to those of its response, on an open connection.
@inline(never)
func dispatch(count: UInt32) {
  var connection = openConnection()
  var resources = Resources {
    Humidity()
    Temperature()
    Lamp()
  }

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
