/// An answer of class 4 or 5, thrown by a resource (RFC 7252 section 5.5.2).
public struct Refusal: Error {
  /// Of class 4 or 5.
  public let code: Code
  /// A sentence for a person; empty when there is nothing to add.
  public let diagnostic: StaticString

  /// - Precondition: `code` is of class 4 or 5.
  public init(_ code: Code, _ diagnostic: StaticString = "") {
    precondition(code.codeClass == 4 || code.codeClass == 5)
    self.code = code
    self.diagnostic = diagnostic
  }

  /// 4.00 (RFC 7252 section 5.9.2.1).
  public static func badRequest(_ diagnostic: StaticString) -> Refusal {
    Refusal(.badRequest, diagnostic)
  }
  /// 4.04 (RFC 7252 section 5.9.2.5).
  public static var notFound: Refusal { Refusal(.notFound) }
  /// 4.05 (RFC 7252 section 5.9.2.6).
  public static var methodNotAllowed: Refusal { Refusal(.methodNotAllowed) }
  /// 4.06 (RFC 7252 section 5.9.2.7).
  public static var notAcceptable: Refusal { Refusal(.notAcceptable) }
  /// 4.15 (RFC 7252 section 5.9.2.10).
  public static var unsupportedContentFormat: Refusal { Refusal(.unsupportedContentFormat) }
  /// 5.03 (RFC 7252 section 5.9.3.4).
  public static func serviceUnavailable(_ diagnostic: StaticString) -> Refusal {
    Refusal(.serviceUnavailable, diagnostic)
  }
}
