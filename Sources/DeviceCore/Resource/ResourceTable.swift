/// Some resources, composed at compile time: one, or two tables. Every call is static.
public protocol ResourceTable: ~Copyable {
  /// Calls the resource of the request's path.
  ///
  /// - Returns: false when there is none.
  mutating func route(_ request: Request, _ response: inout Response) throws(Refusal) -> Bool
  /// Appends a link for each resource that `filter` shows; `isFirst` says whether none was appended yet.
  mutating func appendLinks(
    _ response: inout Response, matching filter: LinkFilter, isFirst: inout Bool)

  // As in ``Resource``, for all of them. Only the one that says ``isReady(_:at:)`` is asked to answer.
  mutating func isReady(_ request: DeferredRequest, at now: Instant) -> Bool
  mutating func answerReady(
    _ request: DeferredRequest, at now: Instant, _ response: inout Response
  ) -> Bool
  mutating func abandon(_ request: DeferredRequest)
  var nextAnswer: Instant? { get }

  /// How many resources there are; they are counted from 0 in the order in which they are listed.
  static var count: UInt8 { get }
  // As in ``RequestHandler``.
  mutating func traits(of request: Request, at now: Instant) -> ResourceTraits?
  mutating func revision(of resource: UInt8, at now: Instant) -> UInt32?
  func nextRevision(at now: Instant) -> Instant?
  mutating func abandon(_ body: BodyTransfer)
}

/// A table of one resource.
public struct SingleResource<Only: Resource & ~Copyable>: ~Copyable, ResourceTable {
  /// The resource.
  public var resource: Only

  /// A table of this resource.
  public init(_ resource: consuming Only) {
    self.resource = resource
  }

  public mutating func route(
    _ request: Request, _ response: inout Response
  ) throws(Refusal) -> Bool {
    guard request.hasPath(resource.path) else { return false }
    let isAnswered = try response.meetConditions(
      of: request, eTag: resource.eTag, exists: resource.exists)
    if !isAnswered { try resource.call(request, &response) }
    return true
  }

  // Not inlined: the attributes of all resources are not to stand on the stack at once.
  @inline(never)
  public mutating func appendLinks(
    _ response: inout Response, matching filter: LinkFilter, isFirst: inout Bool
  ) {
    guard resource.isDiscoverable else { return }
    response.append(
      link: resource.path, resource.attributes, matching: filter, isFirst: &isFirst)
  }

  public mutating func isReady(_ request: DeferredRequest, at now: Instant) -> Bool {
    resource.isReady(request, at: now)
  }
  public mutating func answerReady(
    _ request: DeferredRequest, at now: Instant, _ response: inout Response
  ) -> Bool {
    guard resource.isReady(request, at: now) else { return false }
    resource.answer(request, &response)
    return true
  }
  public mutating func abandon(_ request: DeferredRequest) { resource.abandon(request) }
  public var nextAnswer: Instant? { resource.nextAnswer }

  public static var count: UInt8 { 1 }

  public mutating func traits(of request: Request, at now: Instant) -> ResourceTraits? {
    guard request.hasPath(resource.path) else { return nil }
    return ResourceTraits(
      resource: 0, revision: revision(of: 0, at: now),
      largestStreamedBody: resource.largestStreamedBody)
  }

  public mutating func revision(of resource: UInt8, at now: Instant) -> UInt32? {
    self.resource.attributes.isObservable ? self.resource.revision(at: now) : nil
  }

  public func nextRevision(at now: Instant) -> Instant? {
    resource.attributes.isObservable ? resource.nextRevision(at: now) : nil
  }

  public mutating func abandon(_ body: BodyTransfer) { resource.abandon(body) }
}

/// One table behind another; the first that has the path answers.
public struct ResourcePair<First: ResourceTable & ~Copyable, Second: ResourceTable & ~Copyable>:
  ~Copyable, ResourceTable
{
  /// Asked first.
  public var first: First
  /// Asked when the first table has no such path.
  public var second: Second

  /// Both tables, in this order.
  public init(_ first: consuming First, _ second: consuming Second) {
    self.first = first
    self.second = second
  }

  public mutating func route(
    _ request: Request, _ response: inout Response
  ) throws(Refusal) -> Bool {
    if try first.route(request, &response) { return true }
    return try second.route(request, &response)
  }

  public mutating func appendLinks(
    _ response: inout Response, matching filter: LinkFilter, isFirst: inout Bool
  ) {
    first.appendLinks(&response, matching: filter, isFirst: &isFirst)
    second.appendLinks(&response, matching: filter, isFirst: &isFirst)
  }

  public mutating func isReady(_ request: DeferredRequest, at now: Instant) -> Bool {
    if first.isReady(request, at: now) { return true }
    return second.isReady(request, at: now)
  }

  public mutating func answerReady(
    _ request: DeferredRequest, at now: Instant, _ response: inout Response
  ) -> Bool {
    if first.answerReady(request, at: now, &response) { return true }
    return second.answerReady(request, at: now, &response)
  }

  public mutating func abandon(_ request: DeferredRequest) {
    first.abandon(request)
    second.abandon(request)
  }

  public var nextAnswer: Instant? { Instant.earlier(first.nextAnswer, second.nextAnswer) }

  public static var count: UInt8 { First.count + Second.count }

  public mutating func traits(of request: Request, at now: Instant) -> ResourceTraits? {
    if let traits = first.traits(of: request, at: now) { return traits }
    guard var traits = second.traits(of: request, at: now) else { return nil }
    traits.resource += First.count
    return traits
  }

  public mutating func revision(of resource: UInt8, at now: Instant) -> UInt32? {
    if resource < First.count { return first.revision(of: resource, at: now) }
    return second.revision(of: resource - First.count, at: now)
  }

  public func nextRevision(at now: Instant) -> Instant? {
    Instant.earlier(first.nextRevision(at: now), second.nextRevision(at: now))
  }

  public mutating func abandon(_ body: BodyTransfer) {
    first.abandon(body)
    second.abandon(body)
  }
}

/// Lists resources one below the other: `Resources { Lamp(); Thermometer() }`.
@resultBuilder
public enum ResourceBuilder {
  /// A line of the builder.
  public static func buildExpression<R: Resource & ~Copyable>(
    _ resource: consuming R
  ) -> SingleResource<R> {
    SingleResource(resource)
  }

  /// The first line.
  public static func buildPartialBlock<T: ResourceTable & ~Copyable>(
    first: consuming T
  ) -> T {
    first
  }

  /// One more line.
  public static func buildPartialBlock<T: ResourceTable & ~Copyable, R: ResourceTable & ~Copyable>(
    accumulated: consuming T, next: consuming R
  ) -> ResourcePair<T, R> {
    ResourcePair(accumulated, next)
  }
}
