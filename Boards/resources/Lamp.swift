import DeviceCore

/// A light that can be switched with the text 0 or 1, and watched.
public struct Lamp: Resource {
  public var path: StaticString { "actuators/led" }
  public var attributes: LinkAttributes {
    LinkAttributes(
      resourceType: "actuator.light", contentFormats: "0", isObservable: true)
  }
  private var isOn = false

  public init() {}

  // The state is all that there is to name, and what observers hear of.
  public var eTag: UInt32? { isOn ? 1 : 0 }
  public mutating func revision(at now: Instant) -> UInt32 { isOn ? 1 : 0 }

  public mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    response.content(.textPlain, isOn ? "1" : "0")
  }

  public mutating func put(_ request: Request, _ response: inout Response) throws(Refusal) {
    try request.requireContentFormat(.textPlain)
    switch request.payload {
    case let value where value.isEqual(to: "1"): isOn = true
    case let value where value.isEqual(to: "0"): isOn = false
    default: throw .badRequest("0 or 1")
    }
    response.changed()
  }
}
