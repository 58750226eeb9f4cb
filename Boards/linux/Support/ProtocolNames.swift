import DeviceCore

// The names that the RFCs and the registries of IANA give to numbers, for people.

extension Code {
  /// `2.05`
  public var dotted: String {
    "\(codeClass)." + (detail < 10 ? "0" : "") + "\(detail)"
  }

  /// `Content`, `GET`, `CSM`; nil for a code that nobody has assigned.
  public var name: String? {
    switch self {
    case .empty: "Empty"
    case .get: "GET"
    case .post: "POST"
    case .put: "PUT"
    case .delete: "DELETE"
    case .fetch: "FETCH"
    case .patch: "PATCH"
    case .iPatch: "iPATCH"
    case .created: "Created"
    case .deleted: "Deleted"
    case .valid: "Valid"
    case .changed: "Changed"
    case .content: "Content"
    case .continue: "Continue"
    case .badRequest: "Bad Request"
    case .unauthorized: "Unauthorized"
    case .badOption: "Bad Option"
    case .forbidden: "Forbidden"
    case .notFound: "Not Found"
    case .methodNotAllowed: "Method Not Allowed"
    case .notAcceptable: "Not Acceptable"
    case .requestEntityIncomplete: "Request Entity Incomplete"
    case .conflict: "Conflict"
    case .preconditionFailed: "Precondition Failed"
    case .requestEntityTooLarge: "Request Entity Too Large"
    case .unsupportedContentFormat: "Unsupported Content-Format"
    case .unprocessableEntity: "Unprocessable Entity"
    case .tooManyRequests: "Too Many Requests"
    case .internalServerError: "Internal Server Error"
    case .notImplemented: "Not Implemented"
    case .badGateway: "Bad Gateway"
    case .serviceUnavailable: "Service Unavailable"
    case .gatewayTimeout: "Gateway Timeout"
    case .proxyingNotSupported: "Proxying Not Supported"
    case .hopLimitReached: "Hop Limit Reached"
    case .capabilitiesAndSettings: "CSM"
    case .ping: "Ping"
    case .pong: "Pong"
    case .release: "Release"
    case .abort: "Abort"
    default: nil
    }
  }

  /// `2.05 Content`, or the number alone.
  public var text: String {
    name.map { "\(dotted) \($0)" } ?? dotted
  }
}

/// How a value of an option is shown.
enum OptionStyle {
  case empty, opaque, uint, string
  /// Number, more flag and size of a block (RFC 7959 section 2.2).
  case block
}

extension OptionNumber {
  /// The name that this number has in a message with `code`: signaling messages number their options
  /// anew for each code (RFC 8323 section 5.2). Nil for a number that nobody has assigned.
  public func name(in code: Code) -> String? {
    definition(in: code)?.name
  }

  func definition(in code: Code) -> (name: String, style: OptionStyle)? {
    code.isSignaling ? signalingDefinition(in: code) : ordinaryDefinition
  }

  private func signalingDefinition(in code: Code) -> (name: String, style: OptionStyle)? {
    switch (code, rawValue) {
    case (.capabilitiesAndSettings, 2): ("Max-Message-Size", .uint)
    case (.capabilitiesAndSettings, 4): ("Block-Wise-Transfer", .empty)
    case (.capabilitiesAndSettings, 6): ("Extended-Token-Length", .uint)
    case (.ping, 2), (.pong, 2): ("Custody", .empty)
    case (.release, 2): ("Alternative-Address", .string)
    case (.release, 4): ("Hold-Off", .uint)
    case (.abort, 2): ("Bad-CSM-Option", .uint)
    default: nil
    }
  }

  private var ordinaryDefinition: (name: String, style: OptionStyle)? {
    switch self {
    case .ifMatch: ("If-Match", .opaque)
    case .uriHost: ("Uri-Host", .string)
    case .eTag: ("ETag", .opaque)
    case .ifNoneMatch: ("If-None-Match", .empty)
    case .observe: ("Observe", .uint)
    case .uriPort: ("Uri-Port", .uint)
    case .locationPath: ("Location-Path", .string)
    case .oscore: ("OSCORE", .opaque)
    case .uriPath: ("Uri-Path", .string)
    case .contentFormat: ("Content-Format", .uint)
    case .maxAge: ("Max-Age", .uint)
    case .uriQuery: ("Uri-Query", .string)
    case .hopLimit: ("Hop-Limit", .uint)
    case .accept: ("Accept", .uint)
    case .qBlock1: ("Q-Block1", .block)
    case .locationQuery: ("Location-Query", .string)
    case .edhoc: ("EDHOC", .empty)
    case .block2: ("Block2", .block)
    case .block1: ("Block1", .block)
    case .size2: ("Size2", .uint)
    case .qBlock2: ("Q-Block2", .block)
    case .proxyURI: ("Proxy-Uri", .string)
    case .proxyScheme: ("Proxy-Scheme", .string)
    case .size1: ("Size1", .uint)
    case .echo: ("Echo", .opaque)
    case .noResponse: ("No-Response", .uint)
    case .requestTag: ("Request-Tag", .opaque)
    default: nil
    }
  }
}
