/// An answer of class 4 or 5, thrown by a resource (RFC 7252 section 5.5.2).
public struct Refusal: Error {
  public let code: Code
  /// A sentence for a person; empty when there is nothing to add.
  public let diagnostic: StaticString

  /// - Precondition: `code` is of class 4 or 5.
  public init(_ code: Code, _ diagnostic: StaticString = "") {
    precondition(code.codeClass == 4 || code.codeClass == 5)
    self.code = code
    self.diagnostic = diagnostic
  }

  public static func badRequest(_ diagnostic: StaticString) -> Refusal {
    Refusal(.badRequest, diagnostic)
  }
  public static var notFound: Refusal { Refusal(.notFound) }
  public static var methodNotAllowed: Refusal { Refusal(.methodNotAllowed) }
  public static var notAcceptable: Refusal { Refusal(.notAcceptable) }
  public static var unsupportedContentFormat: Refusal { Refusal(.unsupportedContentFormat) }
  public static func serviceUnavailable(_ diagnostic: StaticString) -> Refusal {
    Refusal(.serviceUnavailable, diagnostic)
  }
}
