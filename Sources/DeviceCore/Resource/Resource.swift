/// One thing that can be asked for: a path and the methods that it answers.
///
/// Write the methods that it has; the others answer 4.05 by themselves (RFC 7252 section 5.8). Throw a
/// ``Refusal`` for any answer of class 4 or 5.
public protocol Resource: ~Copyable {
  /// The path without a leading "/", as bytes on the wire: `"sensors/temperature"`, `""` for the root.
  var path: StaticString { get }
  /// What `/.well-known/core` says of it.
  var attributes: LinkAttributes { get }
  /// False keeps it out of `/.well-known/core`.
  var isDiscoverable: Bool { get }

  /// Names the present representation: it changes whenever that does. With it responses get an ETag, clients
  /// that have the representation already get 2.03, and If-Match means something (RFC 7252 sections 5.10.6
  /// and 5.10.8). Nil when there is none.
  var eTag: UInt32? { get }
  /// Whether there is anything at the path: what If-None-Match and an empty If-Match ask.
  var exists: Bool { get }
  /// How large the body of a request may be that the resource takes part by part, as ``Request/part`` says,
  /// in bytes. Zero: bodies are put together first, in the connection's memory.
  var largestStreamedBody: UInt32 { get }

  /// Counts the changes of the state: observers hear of the latest state when this is another number than last
  /// time (RFC 7641). Only asked when ``LinkAttributes/isObservable`` says so.
  mutating func revision(at now: Instant) -> UInt32
  /// When ``revision(at:)`` changes by itself, if that is known: the loop sleeps until then.
  func nextRevision(at now: Instant) -> Instant?

  /// Answers GET: a representation, nothing changed (RFC 7252 section 5.8.1).
  mutating func get(_ request: Request, _ response: inout Response) throws(Refusal)
  /// Answers POST: processes the payload (RFC 7252 section 5.8.2).
  mutating func post(_ request: Request, _ response: inout Response) throws(Refusal)
  /// Answers PUT: makes the payload the state (RFC 7252 section 5.8.3).
  mutating func put(_ request: Request, _ response: inout Response) throws(Refusal)
  /// Answers DELETE (RFC 7252 section 5.8.4).
  mutating func delete(_ request: Request, _ response: inout Response) throws(Refusal)
  /// Answers FETCH: as GET, asked for by the payload (RFC 8132 section 2).
  mutating func fetch(_ request: Request, _ response: inout Response) throws(Refusal)
  /// Answers PATCH: all of the change or nothing (RFC 8132 section 3).
  mutating func patch(_ request: Request, _ response: inout Response) throws(Refusal)
  /// Answers iPATCH: a change that may be repeated (RFC 8132 section 3).
  mutating func iPatch(_ request: Request, _ response: inout Response) throws(Refusal)

  /// Whether the answer to this request, which may be another resource's, is ready now.
  mutating func isReady(_ request: DeferredRequest, at now: Instant) -> Bool
  /// Writes the answer of a postponed request that is ready.
  mutating func answer(_ request: DeferredRequest, _ response: inout Response)
  /// The connection of a postponed request, which may be another resource's, is gone.
  mutating func abandon(_ request: DeferredRequest)
  /// When an answer will be ready, if that is known: the loop sleeps until then.
  var nextAnswer: Instant? { get }
  /// No more parts will come of this body, which may be another resource's.
  mutating func abandon(_ body: BodyTransfer)
}

extension Resource where Self: ~Copyable {
  public var attributes: LinkAttributes { LinkAttributes() }
  public var isDiscoverable: Bool { true }
  public var eTag: UInt32? { nil }
  public var exists: Bool { true }
  public var largestStreamedBody: UInt32 { 0 }
  public mutating func revision(at now: Instant) -> UInt32 { 0 }
  public func nextRevision(at now: Instant) -> Instant? { nil }

  public mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    throw .methodNotAllowed
  }
  public mutating func post(_ request: Request, _ response: inout Response) throws(Refusal) {
    throw .methodNotAllowed
  }
  public mutating func put(_ request: Request, _ response: inout Response) throws(Refusal) {
    throw .methodNotAllowed
  }
  public mutating func delete(_ request: Request, _ response: inout Response) throws(Refusal) {
    throw .methodNotAllowed
  }
  public mutating func fetch(_ request: Request, _ response: inout Response) throws(Refusal) {
    throw .methodNotAllowed
  }
  public mutating func patch(_ request: Request, _ response: inout Response) throws(Refusal) {
    throw .methodNotAllowed
  }
  public mutating func iPatch(_ request: Request, _ response: inout Response) throws(Refusal) {
    throw .methodNotAllowed
  }

  public mutating func isReady(_ request: DeferredRequest, at now: Instant) -> Bool { false }
  public mutating func answer(_ request: DeferredRequest, _ response: inout Response) {}
  public mutating func abandon(_ request: DeferredRequest) {}
  public var nextAnswer: Instant? { nil }
  public mutating func abandon(_ body: BodyTransfer) {}

  /// Calls the method that the request names.
  @inline(never)
  mutating func call(_ request: Request, _ response: inout Response) throws(Refusal) {
    switch request.method {
    case .get: try get(request, &response)
    case .post: try post(request, &response)
    case .put: try put(request, &response)
    case .delete: try delete(request, &response)
    case .fetch: try fetch(request, &response)
    case .patch: try patch(request, &response)
    case .iPatch: try iPatch(request, &response)
    default: throw .methodNotAllowed
    }
  }
}
