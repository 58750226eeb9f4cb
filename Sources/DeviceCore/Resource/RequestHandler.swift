/// Who answers requests: a ``Resource`` table, or anything that wants to see all of them.
public protocol RequestHandler: ~Copyable {
  /// Writes the answer, or postpones it. Writing nothing answers 5.00.
  mutating func respond(to request: Request, _ response: inout Response)

  /// Whether the answer to a postponed request is ready.
  mutating func isReady(_ request: DeferredRequest, at now: Instant) -> Bool
  /// Writes the answer to a postponed request that is ready.
  mutating func answer(_ request: DeferredRequest, at now: Instant, _ response: inout Response)
  /// The connection of a postponed request is gone.
  mutating func abandon(_ request: DeferredRequest)
  /// When an answer will be ready, if that is known.
  var nextAnswer: Instant? { get }
}

extension RequestHandler where Self: ~Copyable {
  public mutating func isReady(_ request: DeferredRequest, at now: Instant) -> Bool { false }
  public mutating func answer(
    _ request: DeferredRequest, at now: Instant, _ response: inout Response
  ) {}
  public mutating func abandon(_ request: DeferredRequest) {}
  public var nextAnswer: Instant? { nil }
}
