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

  /// What the connection has to know of the resource that a request is for; nil when there is none. Asked for
  /// requests that want to observe or whose body comes in blocks.
  mutating func traits(of request: Request, at now: Instant) -> ResourceTraits?
  /// Counts the changes of an observable resource; nil when there is no such resource any more.
  mutating func revision(of resource: UInt8, at now: Instant) -> UInt32?
  /// When the revision of any resource changes by itself, if that is known.
  func nextRevision(at now: Instant) -> Instant?
  /// No more parts will come of this body.
  mutating func abandon(_ body: BodyTransfer)
}

/// What a connection has to know of a resource.
public struct ResourceTraits: Equatable, Sendable {
  /// Names the resource towards the same handler.
  public var resource: UInt8
  /// Counts the changes of its state; nil when it cannot be observed.
  public var revision: UInt32?
  /// See ``Resource/largestStreamedBody``.
  public var largestStreamedBody: UInt32

  /// Traits as a handler finds them.
  public init(resource: UInt8, revision: UInt32? = nil, largestStreamedBody: UInt32 = 0) {
    self.resource = resource
    self.revision = revision
    self.largestStreamedBody = largestStreamedBody
  }
}

extension RequestHandler where Self: ~Copyable {
  public mutating func isReady(_ request: DeferredRequest, at now: Instant) -> Bool { false }
  public mutating func answer(
    _ request: DeferredRequest, at now: Instant, _ response: inout Response
  ) {}
  public mutating func abandon(_ request: DeferredRequest) {}
  public var nextAnswer: Instant? { nil }
  public mutating func traits(of request: Request, at now: Instant) -> ResourceTraits? { nil }
  public mutating func revision(of resource: UInt8, at now: Instant) -> UInt32? { nil }
  public func nextRevision(at now: Instant) -> Instant? { nil }
  public mutating func abandon(_ body: BodyTransfer) {}
}
