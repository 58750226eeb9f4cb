import CHarness
import DeviceCore

// The resources of Benchmarks/codec: the second of three is asked.

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

/// Whatever it is, it has changed.
struct Observed: Resource {
  var path: StaticString { "t" }
  var attributes: LinkAttributes { LinkAttributes(isObservable: true) }
  var value: UInt32 = 0

  mutating func revision(at now: Instant) -> UInt32 { value }

  mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    response.begin(.content, .octetStream)
    response.append(Input.payload)
  }
}
