/// How much a firmware has of each thing, by what its board has room for.
public struct FirmwareSizes: Sendable {
  let connections: Int
  let waiting: Int
  let receive: Int
  let transmit: Int
  let deferred: Int
  let bodies: Int
  let assembly: Int
  let answer: Int
  let observers: Int
  let secured: Int
  let arena: Int

  /// Of a request that begins an observation, in bytes.
  static var observedRequest: Int { 64 }

  /// The defaults are the smallest that make sense.
  ///
  /// - Parameters:
  ///   - connections: that are served at a time. There is one more, which the board dials.
  ///   - waiting: peers that may wait on each port until one of those is over; further ones are refused.
  ///   - receive: the largest message that is taken, in bytes; it is announced to peers (RFC 8323 section
  ///     5.3.1).
  ///   - transmit: bytes that may wait to be sent on one connection: the largest response and 80 more, or
  ///     several responses.
  ///   - deferred: requests of one connection that may be answered later.
  ///   - bodies: of one connection that may come in blocks at a time. A firmware image needs no more memory.
  ///   - assembly: bytes to put a body together for a resource that takes it whole.
  ///   - answer: bytes to keep an answer to POST, PUT or PATCH that is larger than a message.
  ///   - observers: observations of one connection.
  ///   - secured: how many of the connections may use TLS.
  ///   - arena: bytes for all that mbedTLS allocates.
  public init(
    connections: Int = 2, waiting: Int = 1, receive: Int = 1152, transmit: Int = 1232, deferred: Int = 2,
    bodies: Int = 1, assembly: Int = 0, answer: Int = 0, observers: Int = 4, secured: Int = 2,
    arena: Int = 16384
  ) {
    self.connections = connections
    self.waiting = waiting
    self.receive = receive
    self.transmit = transmit
    self.deferred = deferred
    self.bodies = bodies
    self.assembly = assembly
    self.answer = answer
    self.observers = observers
    self.secured = secured
    self.arena = arena
  }
}
