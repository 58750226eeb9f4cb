/// Who answers requests: a ``Resource`` table, or anything that wants to see all of them.
public protocol RequestHandler: ~Copyable {
  /// Writes the answer, or postpones it. Writing nothing answers 5.00.
  mutating func respond(to request: Request, _ response: inout Response)
}

/// An end without any resource: every request is answered 5.01 (RFC 8323 section 3.3).
public struct NoResources: RequestHandler {
  public init() {}

  public mutating func respond(to request: Request, _ response: inout Response) {
    response.begin(.notImplemented)
  }
}
