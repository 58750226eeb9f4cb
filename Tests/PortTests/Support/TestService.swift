import DeviceCore
import Port

/// Sends back what is posted to `/echo`.
struct Echo: Resource {
  let path: StaticString = "echo"

  mutating func post(_ request: Request, _ response: inout Response) throws(Refusal) {
    response.begin(.changed)
    response.append(request.payload)
  }
}

/// Notes what happens on an endpoint and lets ``Echo`` answer.
struct TestService: ~Copyable, EndpointDelegate {
  var events: [Event] = []
  var resources = Resources { Echo() }
  /// The payload of the last response.
  var payload: [UInt8] = []

  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {
    events.append(event)
    if event == .request { connection.serve(&resources, at: now) }
    if case .response = event, let message = connection.message { payload = array(message.payload) }
  }
}

/// Messages of CoAP over TCP.
enum TestMessage {
  static let csm: [UInt8] = [0x00, 0xe1]

  /// POST to `/echo`.
  static func echo(_ payload: [UInt8], token: UInt8) -> [UInt8] {
    let content = [0xb4] + Array("echo".utf8) + [0xff] + payload
    precondition(content.count < 13)
    return [UInt8(content.count) << 4 | 1, 0x02, token] + content
  }

  /// 2.04 with what was posted.
  static func changed(_ payload: [UInt8], token: UInt8) -> [UInt8] {
    [UInt8(payload.count + 1) << 4 | 1, 0x44, token, 0xff] + payload
  }
}
