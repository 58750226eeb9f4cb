import DeviceCore
import Port

/// Answers once in a while; who comes earlier hears when to come again (RFC 8516).
public struct Limited<Clock: Board>: Resource {
  public var path: StaticString { "limited" }
  public var attributes: LinkAttributes {
    LinkAttributes(title: "answers once in two seconds", contentFormats: "0")
  }
  private let clock: Clock
  private var next: Instant?

  private static var interval: Milliseconds { .seconds(2) }

  /// - Parameter clock: what the seconds are counted by.
  public init(clock: Clock) {
    self.clock = clock
  }

  public mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    try request.requireAccept(.textPlain)
    let now = clock.now
    if let next, !next.isReached(at: now) {
      throw .tooManyRequests(retryAfterSeconds: (next.since(now).rawValue + 999) / 1000)
    }
    next = now + Limited.interval
    response.content(.textPlain, "not too often")
  }
}
