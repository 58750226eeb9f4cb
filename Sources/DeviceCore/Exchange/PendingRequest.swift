/// An entry of the table of own requests under way.
public struct PendingRequest {
  var token: UInt32 = 0
  var timer = Timer.off
  var isUsed = false

  /// A free entry.
  public init() {}
}

/// An entry of the table of the peer's requests that will be answered later.
public struct DeferredEntry {
  var token = Token()
  var number: UInt16 = 0
  var isUsed = false

  /// A free entry.
  public init() {}

  init(token: Token, number: UInt16, isUsed: Bool) {
    self.token = token
    self.number = number
    self.isUsed = isUsed
  }
}

/// A request of the peer whose answer comes later. It names its connection, so that an answer cannot go
/// out on another one (RFC 8323 section 3.3).
public struct DeferredRequest: Equatable, Sendable {
  /// What the connection was given as its identity.
  public let connection: UInt32
  let number: UInt16
}
