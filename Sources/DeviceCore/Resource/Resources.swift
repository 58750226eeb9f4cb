/// The resources of an end, with the answers that every CoAP server owes and `/.well-known/core`.
public struct Resources<Table: ResourceTable & ~Copyable>: ~Copyable, RequestHandler {
  /// The resources themselves.
  public var table: Table

  /// Lists the resources: `Resources { Lamp(); Thermometer() }`.
  public init(@ResourceBuilder _ build: () -> Table) {
    table = build()
  }

  // Not inlined into the connection: what resources do is not to stand on its stack as well.

  @inline(never)
  public mutating func respond(to request: Request, _ response: inout Response) {
    do {
      try answer(request, &response)
    } catch {
      response.refuse(error)
    }
  }

  public mutating func isReady(_ request: DeferredRequest, at now: Instant) -> Bool {
    table.isReady(request, at: now)
  }

  @inline(never)
  public mutating func answer(
    _ request: DeferredRequest, at now: Instant, _ response: inout Response
  ) {
    _ = table.answerReady(request, at: now, &response)
  }

  public mutating func abandon(_ request: DeferredRequest) { table.abandon(request) }

  public var nextAnswer: Instant? { table.nextAnswer }

  @inline(never)
  public mutating func traits(of request: Request, at now: Instant) -> ResourceTraits? {
    table.traits(of: request, at: now)
  }

  public mutating func revision(of resource: UInt8, at now: Instant) -> UInt32? {
    table.revision(of: resource, at: now)
  }

  public func nextRevision(at now: Instant) -> Instant? { table.nextRevision(at: now) }

  public mutating func abandon(_ body: BodyTransfer) { table.abandon(body) }

  private mutating func answer(
    _ request: Request, _ response: inout Response
  ) throws(Refusal) {
    if let objection = request.options.objection {
      return response.refuse(objection)
    }
    // Every method that is not assigned is unknown on every path (RFC 7252 section 5.8).
    guard request.method.detail <= Code.iPatch.detail else { throw .methodNotAllowed }
    if request.hasPath(".well-known/core") {
      guard request.method == .get else { throw .methodNotAllowed }
      response.begin(.content, .linkFormat)
      var isFirst = true
      return table.appendLinks(&response, matching: LinkFilter(request), isFirst: &isFirst)
    }
    guard try table.route(request, &response) else { throw .notFound }
  }
}

extension Response {
  mutating func refuse(_ objection: RequestOptions.Objection) {
    switch objection {
    case .unrecognized(let number):
      refuse(.badOption, "unrecognized critical option ")
      append(decimal: UInt32(number.rawValue))
    case .proxying: begin(.proxyingNotSupported)
    case .dotSegment: refuse(.badRequest("path segment . or .."))
    case .hopLimitZero: refuse(.badRequest("Hop-Limit 0"))
    }
  }
}
