import DeviceCore
import Port

/// A lock that opens with the text 0 and closes with 1, and only for who shows that the request was made just now:
/// with the Echo option that the first answer gives (RFC 9175 section 2.3).
public struct Lock<Clock: Board>: Resource {
  public var path: StaticString { "actuators/lock" }
  public var attributes: LinkAttributes {
    LinkAttributes(
      resourceType: "actuator.lock", title: "takes fresh requests only", contentFormats: "0",
      isObservable: true)
  }
  private var isLocked = true
  private var challenge: Challenge?
  private var clock: Clock

  /// What a client has to show. One at a time, for all clients, and good for one change.
  private struct Challenge {
    var bytes = InlineArray<8, UInt8>(repeating: 0)
    let start: Instant

    func isYounger(than age: Milliseconds, at now: Instant) -> Bool { now.since(start) < age }
  }

  /// How long a client may take to show a challenge.
  private static var lifetime: Milliseconds { .seconds(10) }
  /// So long a challenge is given to further clients, which have the rest of its lifetime then.
  private static var sharing: Milliseconds { .seconds(5) }

  /// - Parameter clock: gives the random bits, too.
  public init(clock: Clock) {
    self.clock = clock
  }

  public var eTag: UInt32? { isLocked ? 1 : 0 }
  public mutating func revision(at now: Instant) -> UInt32 { isLocked ? 1 : 0 }

  public mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    response.content(.textPlain, isLocked ? "1" : "0")
  }

  public mutating func put(_ request: Request, _ response: inout Response) throws(Refusal) {
    try request.requireContentFormat(.textPlain)
    let isLocking = request.payload.isEqual(to: "1")
    guard isLocking || request.payload.isEqual(to: "0") else { throw .badRequest("0 or 1") }
    guard isFresh(request) else { return try writeChallenge(&response) }
    challenge = nil
    isLocked = isLocking
    response.changed()
  }

  private func isFresh(_ request: Request) -> Bool {
    guard let echo = request.echo, let challenge else { return false }
    return challenge.isYounger(than: Lock.lifetime, at: clock.now)
      && echo.isEqual(to: challenge.bytes.span)
  }

  private mutating func writeChallenge(_ response: inout Response) throws(Refusal) {
    let now = clock.now
    var next = Challenge(start: now)
    if let challenge, challenge.isYounger(than: Lock.sharing, at: now) {
      next = challenge
    } else {
      var space = next.bytes.mutableSpan
      guard clock.fillRandom(&space) else { throw .serviceUnavailable("no random bits") }
      challenge = next
    }
    response.begin(.unauthorized)
    response.append(.echo, next.bytes.span)
    response.append("show the Echo option")
  }
}
