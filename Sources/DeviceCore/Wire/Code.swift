/// The code of a message: a class from 0 to 7 and a detail from 0 to 31, written `c.dd` (RFC 7252 section 3).
///
/// Open to values that nobody has assigned yet: what came in can always be held and passed on.
public struct Code: RawRepresentable, Equatable, Sendable {
  /// Three bits of class above five bits of detail.
  public let rawValue: UInt8

  /// Any code, assigned or not.
  @inlinable
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// - Precondition: `codeClass` is at most 7 and `detail` at most 31.
  @inlinable
  public init(class codeClass: UInt8, detail: UInt8) {
    precondition(codeClass < 8 && detail < 32)
    rawValue = codeClass << 5 | detail
  }

  /// The part before the dot: 0 request, 2 success, 4 client error, 5 server error, 7 signaling.
  @inlinable public var codeClass: UInt8 { rawValue >> 5 }
  /// The part behind the dot.
  @inlinable public var detail: UInt8 { rawValue & 0x1f }

  /// 0.01 to 0.31: a method, known or not.
  @inlinable public var isRequest: Bool { rawValue > 0 && rawValue < 0x20 }
  /// Class 2, 4 or 5.
  @inlinable public var isResponse: Bool { codeClass == 2 || codeClass == 4 || codeClass == 5 }
  /// Class 2.
  @inlinable public var isSuccess: Bool { codeClass == 2 }
  /// Class 7 (RFC 8323 section 5).
  @inlinable public var isSignaling: Bool { codeClass == 7 }
}

// Empty message and methods (RFC 7252 section 12.1.1, RFC 8132).
extension Code {
  /// 0.00 Empty.
  @inlinable public static var empty: Code { Code(rawValue: 0x00) }
  @inlinable public static var get: Code { Code(rawValue: 0x01) }
  @inlinable public static var post: Code { Code(rawValue: 0x02) }
  @inlinable public static var put: Code { Code(rawValue: 0x03) }
  @inlinable public static var delete: Code { Code(rawValue: 0x04) }
  @inlinable public static var fetch: Code { Code(rawValue: 0x05) }
  @inlinable public static var patch: Code { Code(rawValue: 0x06) }
  @inlinable public static var iPatch: Code { Code(rawValue: 0x07) }
}

// Responses (RFC 7252 section 12.1.2, RFC 7959, RFC 8132, RFC 8516, RFC 8768).
extension Code {
  /// 2.01 Created.
  @inlinable public static var created: Code { Code(rawValue: 0x41) }
  @inlinable public static var deleted: Code { Code(rawValue: 0x42) }
  @inlinable public static var valid: Code { Code(rawValue: 0x43) }
  @inlinable public static var changed: Code { Code(rawValue: 0x44) }
  @inlinable public static var content: Code { Code(rawValue: 0x45) }
  @inlinable public static var `continue`: Code { Code(rawValue: 0x5f) }
  @inlinable public static var badRequest: Code { Code(rawValue: 0x80) }
  @inlinable public static var unauthorized: Code { Code(rawValue: 0x81) }
  @inlinable public static var badOption: Code { Code(rawValue: 0x82) }
  @inlinable public static var forbidden: Code { Code(rawValue: 0x83) }
  @inlinable public static var notFound: Code { Code(rawValue: 0x84) }
  @inlinable public static var methodNotAllowed: Code { Code(rawValue: 0x85) }
  @inlinable public static var notAcceptable: Code { Code(rawValue: 0x86) }
  @inlinable public static var requestEntityIncomplete: Code { Code(rawValue: 0x88) }
  @inlinable public static var conflict: Code { Code(rawValue: 0x89) }
  @inlinable public static var preconditionFailed: Code { Code(rawValue: 0x8c) }
  @inlinable public static var requestEntityTooLarge: Code { Code(rawValue: 0x8d) }
  @inlinable public static var unsupportedContentFormat: Code { Code(rawValue: 0x8f) }
  @inlinable public static var unprocessableEntity: Code { Code(rawValue: 0x96) }
  @inlinable public static var tooManyRequests: Code { Code(rawValue: 0x9d) }
  @inlinable public static var internalServerError: Code { Code(rawValue: 0xa0) }
  @inlinable public static var notImplemented: Code { Code(rawValue: 0xa1) }
  @inlinable public static var badGateway: Code { Code(rawValue: 0xa2) }
  @inlinable public static var serviceUnavailable: Code { Code(rawValue: 0xa3) }
  @inlinable public static var gatewayTimeout: Code { Code(rawValue: 0xa4) }
  @inlinable public static var proxyingNotSupported: Code { Code(rawValue: 0xa5) }
  @inlinable public static var hopLimitReached: Code { Code(rawValue: 0xa8) }
}

// Signaling (RFC 8323 section 5.1).
extension Code {
  /// 7.01 CSM.
  @inlinable public static var capabilitiesAndSettings: Code { Code(rawValue: 0xe1) }
  @inlinable public static var ping: Code { Code(rawValue: 0xe2) }
  @inlinable public static var pong: Code { Code(rawValue: 0xe3) }
  @inlinable public static var release: Code { Code(rawValue: 0xe4) }
  @inlinable public static var abort: Code { Code(rawValue: 0xe5) }
}
