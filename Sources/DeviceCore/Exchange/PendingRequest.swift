/// An entry of the table of own requests under way.
public struct PendingRequest {
  var token: UInt32 = 0
  /// The length and a hash of what stands behind the number in the token; zero for nothing.
  var tail: UInt32 = 0
  var timer = Timer.off
  var state = State.free

  /// What the request waits for.
  enum State: UInt8 {
    case free
    case response
    /// For the first notification, or the first one after the request was repeated (RFC 7641 section 3.1).
    case registration
    /// For notifications, as long as they come; nothing is due.
    case notifications
    /// For the answer to the request that ends the observation (RFC 8323 section 7.4).
    case deregistration

    /// Whether the peer owes an answer.
    var isAwaiting: Bool { self != .free && self != .notifications }
  }

  /// A free entry.
  public init() {}
}

/// An entry of the table of the peer's requests that will be answered later.
public struct DeferredEntry {
  var token = Token()
  var number: UInt16 = 0
  /// See ``RequestOptions/unwantedClasses``.
  var unwantedClasses: UInt8 = 0
  var isUsed = false

  /// A free entry.
  public init() {}

  init(token: Token, number: UInt16, unwantedClasses: UInt8) {
    self.token = token
    self.number = number
    self.unwantedClasses = unwantedClasses
    isUsed = true
  }
}

/// A request of the peer whose answer comes later. It names its connection, so that an answer cannot go
/// out on another one (RFC 8323 section 3.3).
public struct DeferredRequest: Equatable, Sendable {
  /// What the connection was given as its identity.
  public let connection: UInt32
  let number: UInt16
}
