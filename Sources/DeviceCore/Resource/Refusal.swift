/// An answer of class 4 or 5, thrown by a resource (RFC 7252 section 5.5.2).
public struct Refusal: Error {
  /// Of class 4 or 5.
  public let code: Code
  /// A sentence for a person; empty when there is nothing to add.
  public let diagnostic: StaticString

  /// For how many seconds the answer stays the same: when to try again. Nil says nothing about that, which
  /// means 60 (RFC 7252 section 5.10.5).
  public let retryAfterSeconds: UInt32?

  /// - Precondition: `code` is of class 4 or 5.
  public init(_ code: Code, _ diagnostic: StaticString = "", retryAfterSeconds: UInt32? = nil) {
    precondition(code.codeClass == 4 || code.codeClass == 5)
    self.code = code
    self.diagnostic = diagnostic
    self.retryAfterSeconds = retryAfterSeconds
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
  /// 4.12 (RFC 7252 section 5.9.2.8).
  public static var preconditionFailed: Refusal { Refusal(.preconditionFailed) }
  /// 4.29: this client has to wait for so many seconds (RFC 8516).
  public static func tooManyRequests(retryAfterSeconds: UInt32) -> Refusal {
    Refusal(.tooManyRequests, retryAfterSeconds: retryAfterSeconds)
  }
  /// 5.03 (RFC 7252 section 5.9.3.4).
  public static func serviceUnavailable(
    _ diagnostic: StaticString, retryAfterSeconds: UInt32? = nil
  ) -> Refusal {
    Refusal(.serviceUnavailable, diagnostic, retryAfterSeconds: retryAfterSeconds)
  }
}
