/// An observation of ours, and until when its last notification is fresh (RFC 7641 section 3.3).
public struct Observation: Sendable {
  /// The request that began it.
  public let request: RequestID
  /// When to register anew, because nothing has been heard for longer than Max-Age; nil before the first
  /// notification. Over TCP a Ping tells as much for all observations at once (RFC 8323 section 7.3).
  public private(set) var renewal: Instant?

  /// An observation that was just asked for.
  public init(_ request: RequestID) {
    self.request = request
  }

  /// Takes note of a notification.
  ///
  /// - Parameter random: random bits, of which 5 to 15 seconds are made (RFC 7641 section 3.3.1).
  public mutating func didReceive(_ notification: Message, random: UInt32, at now: Instant) {
    let delay = Milliseconds(5000 &+ random % 10_000)
    renewal = now + Milliseconds.seconds(min(notification.maxAgeSeconds, 2_000_000)) + delay
  }
}

extension Message {
  /// For how long a response is fresh: Max-Age in seconds, 60 when it does not say (RFC 7252 section 5.10.5).
  public var maxAgeSeconds: UInt32 { uint(of: .maxAge) ?? 60 }
}
