import DeviceCore
import Port

/// A simulated sensor: a value in tenths that moves around a middle as time goes by, the same way for the
/// same seed. Text, or SenML for who asks for it (RFC 8428). Observers hear of every measurement.
public struct Sensor<Clock: Board>: Resource {
  public let path: StaticString
  private let resourceType: StaticString
  private let name: StaticString
  private let unit: StaticString
  private let middle: Int32
  private let swing: Int32
  private let seed: UInt32
  private let interval: Milliseconds
  private let clock: Clock
  private let start: Instant

  /// - Parameters:
  ///   - interval: between two measurements.
  ///   - middle: in tenths of `unit`, as is `swing`, the distance that the value keeps to it.
  ///   - unit: a SenML unit.
  /// - Precondition: `interval` is not zero.
  public init(
    path: StaticString, name: StaticString, unit: StaticString, resourceType: StaticString,
    middle: Int32, swing: Int32, seed: UInt32, interval: Milliseconds = .seconds(1), clock: Clock
  ) {
    precondition(interval.rawValue > 0)
    self.path = path
    self.resourceType = resourceType
    self.interval = interval
    self.name = name
    self.unit = unit
    self.middle = middle
    self.swing = swing
    self.seed = seed
    self.clock = clock
    start = clock.now
  }

  public var attributes: LinkAttributes {
    LinkAttributes(resourceType: resourceType, contentFormats: "0 112", isObservable: true)
  }

  public mutating func revision(at now: Instant) -> UInt32 { measurement(at: now) }

  public func nextRevision(at now: Instant) -> Instant? {
    Instant(rawValue: start.rawValue &+ (measurement(at: now) &+ 1) &* interval.rawValue)
  }

  public mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    let value = reading(at: clock.now)
    switch request.accept ?? .textPlain {
    case .textPlain: writeText(value, to: &response)
    case .senMLCBOR: writeSenML(value, to: &response)
    default: throw .notAcceptable
    }
  }

  /// The number of the last measurement, from the start, so that the same seed shows the same values again.
  private func measurement(at now: Instant) -> UInt32 {
    (now.rawValue &- start.rawValue) / interval.rawValue
  }

  /// The value in tenths: every ten seconds another goal, approached in a straight line.
  func reading(at now: Instant) -> Int32 {
    let period: UInt32 = 10_000
    let age = measurement(at: now) &* interval.rawValue
    let step = age / period
    let from = goal(step)
    let to = goal(step &+ 1)
    return from + (to - from) * Int32(age % period) / Int32(period)
  }

  private func goal(_ step: UInt32) -> Int32 {
    // The finaliser of a well-known 32-bit hash: neighbouring steps give unrelated goals.
    var bits = step &* 0x9e37_79b9 ^ seed
    bits = (bits ^ bits >> 16) &* 0x85eb_ca6b
    bits = (bits ^ bits >> 13) &* 0xc2b2_ae35
    bits ^= bits >> 16
    return middle - swing + Int32(bits % UInt32(2 * swing + 1))
  }

  /// As long as the value stays the same, in seconds.
  private var maximumAge: UInt32 { (interval.rawValue + 999) / 1000 }

  private func writeText(_ value: Int32, to response: inout Response) {
    response.begin(.content, .textPlain)
    response.append(.maxAge, uint: maximumAge)
    if value < 0 { response.append("-") }
    response.append(decimal: value.magnitude / 10)
    response.append(".")
    response.append(decimal: value.magnitude % 10)
    response.append(" ")
    response.append(unit)
  }

  /// One record with name, unit and value; the value is a decimal fraction, so that no digit is lost.
  private func writeSenML(_ value: Int32, to response: inout Response) {
    response.begin(.content, .senMLCBOR)
    response.append(.maxAge, uint: maximumAge)
    response.append(cbor: .array(1))
    response.append(cbor: .map(3))
    response.append(cbor: .integer(0))
    response.append(cbor: .text(name))
    response.append(cbor: .integer(1))
    response.append(cbor: .text(unit))
    response.append(cbor: .integer(2))
    response.append(cbor: .tag(4))
    response.append(cbor: .array(2))
    response.append(cbor: .integer(-1))
    response.append(cbor: .integer(value))
  }
}
