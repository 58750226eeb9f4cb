import DeviceCore
import Port
import PortTLS

/// What a failure of TLS does not tell by itself.
public struct TLSCircumstances {
  /// Which side this is.
  public var role: TLSContext.Role
  /// The name that the server's certificate has to have.
  public var serverName = ""
  /// Whether the handshake was still going on, with a pre-shared key among what was offered.
  public var isAboutSharedKey = false
  /// How long a handshake may take.
  public var handshakeTimeout: Seconds?

  public init(_ role: TLSContext.Role) {
    self.role = role
  }

  fileprivate var isClient: Bool { role == .client }
}

extension TLSFailure {
  /// A line for a person, without the name of the peer.
  public func text(_ circumstances: TLSCircumstances) -> String {
    switch self {
    case .local(let fault): fault.text(circumstances)
    case .webSocket(let fault): fault.description
    case .peer(let alert): "the peer refused: alert \(alert.text)" + alert.hint(circumstances)
    }
  }
}

extension WebSocketFault {
  /// A line for a person.
  fileprivate var description: String {
    if case .refused(let status) = self { return "\(text) \(status)" }
    return "\(text)"
  }
}

extension TLSAlert {
  /// `20 bad_record_mac`, or the number alone.
  fileprivate var text: String { name.map { "\(rawValue) \($0)" } ?? "\(rawValue)" }

  /// What a client can do about it.
  fileprivate func hint(_ circumstances: TLSCircumstances) -> String {
    guard circumstances.isClient else { return "" }
    return switch rawValue {
    case 20 where circumstances.isAboutSharedKey: " (wrong key or unknown identity?)"
    case 40: " (no shared cipher suite, or nothing to prove who you are?)"
    case 48: " (it does not trust our certificate)"
    case 112: " (it has no certificate for \(circumstances.serverName); see --server-name)"
    case 115: " (unknown identity)"
    case 120: " (it does not speak coap, by ALPN)"
    default: ""
    }
  }
}

extension TLSFault {
  /// A line for a person.
  public func text(_ circumstances: TLSCircumstances) -> String {
    switch self {
    case .handshakeTimedOut:
      "the handshake was not over within \(circumstances.handshakeTimeout?.description ?? "?") s"
    case .closedInHandshake: "the peer closed the connection in the handshake"
    case .truncated: "the peer closed the connection without close_notify"
    case .transportFailed: "the connection under it broke"
    case .notTLS: "the peer does not speak TLS"
    case .protocolVersion: "the peer wants a TLS version older than 1.2"
    case .noSharedCipherSuite: "there is no shared cipher suite, or no key for one"
    case .keysDiffer: "the keys differ, or the identity is unknown"
    case .alteredRecord: "a record was altered on its way"
    case .certificate(let fault): fault.text(circumstances)
    case .signature: "the peer has not proved that its certificate is its own"
    case .noApplicationProtocol:
      circumstances.isClient
        ? "the server does not say by ALPN that it speaks coap (--alpn-optional goes on without)"
        : "the client does not offer coap by ALPN"
    case .unknownServerName: "the client asks for a server name that there is no certificate for"
    case .malformedHandshake: "the peer sent a handshake message that makes no sense"
    case .messageTooLarge: "the peer sent a handshake message that is too large"
    case .outOfMemory: "no memory left"
    case .lacksEntropy: "no random bits"
    case .library(let number): "error -0x\(String(-Int(number), radix: 16)) of mbedTLS"
    }
  }
}

extension CertificateFault {
  fileprivate func text(_ circumstances: TLSCircumstances) -> String {
    switch self {
    case .missing: "the peer has sent no certificate"
    case .expired: "the peer's certificate has expired"
    case .notYetValid: "the peer's certificate is not valid yet"
    case .dateUnknown: "the date is not known, so the peer's certificate cannot be checked"
    case .wrongName: "the peer's certificate is not for \(circumstances.serverName)"
    case .untrusted:
      "the peer's certificate is not signed by a trusted authority"
        + (circumstances.isClient ? " (--ca names one)" : "")
    case .chainTooLong: "the chain of the peer's certificate is longer than 3"
    case .wrongUse: "the peer's certificate is for another use"
    case .weak: "the peer's certificate has a key or a signature that is too weak"
    case .revoked: "the peer's certificate was revoked"
    case .other: "the peer's certificate is not acceptable"
    }
  }
}
