import DeviceCore

/// Why a TLS connection, or a WebSocket over it or without it, could not be had, or broke: which side gave up, and
/// for what reason.
public enum TLSFailure: Error, Equatable, Sendable {
  /// The peer gave up and sent this alert.
  case peer(TLSAlert)
  /// This side gave up; the peer was sent an alert where one could still be sent.
  case local(TLSFault)
  /// The WebSocket could not be had, or the peer broke its rules.
  case webSocket(WebSocketFault)
}

/// Why this side gave up.
public enum TLSFault: Error, Equatable, Sendable {
  /// The handshake took too long.
  case handshakeTimedOut
  /// The peer closed the connection before the handshake was over.
  case closedInHandshake
  /// The peer closed the connection without the close_notify that tells an end from an attack (RFC 5246
  /// section 7.2.1).
  case truncated
  /// The transport under TLS broke.
  case transportFailed
  /// What came is no TLS record.
  case notTLS
  /// The peer wants a version of TLS older than 1.2.
  case protocolVersion
  /// No cipher suite that both ends have, and have keys for.
  case noSharedCipherSuite
  /// The peer's Finished message does not decrypt: the two ends have different pre-shared keys, or the
  /// identity is unknown.
  case keysDiffer
  /// A record was altered on its way.
  case alteredRecord
  /// The peer's certificate was not accepted.
  case certificate(CertificateFault)
  /// The peer has not proved that the certificate is its own.
  case signature
  /// The other end does not speak `coap` (ALPN, RFC 8323 section 8.2).
  case noApplicationProtocol
  /// The client asked for a server name that this server has no certificate for.
  case unknownServerName
  /// A message of the handshake was not understood, or came at the wrong time.
  case malformedHandshake
  /// A handshake message is larger than the record buffers of this device.
  case messageTooLarge
  /// No memory left for TLS.
  case outOfMemory
  /// No random bits.
  case lacksEntropy
  /// Another error of the library, by its number.
  case library(Int32)
}

/// What is wrong with a certificate.
public enum CertificateFault: Equatable, Sendable {
  /// There is none, and one is required.
  case missing
  /// Its time is over.
  case expired
  /// Its time has not come.
  case notYetValid
  /// The date is not known, so its validity cannot be checked.
  case dateUnknown
  /// Its subjectAltName does not have the name or the address that was dialled.
  case wrongName
  /// It leads to no trusted authority.
  case untrusted
  /// There are too many certificates between it and a trusted authority.
  case chainTooLong
  /// It was made for something else.
  case wrongUse
  /// Its key or its signature is too weak.
  case weak
  /// It was taken back.
  case revoked
  /// Something else.
  case other
}

/// The number of a TLS alert (RFC 5246 section 7.2).
public struct TLSAlert: RawRepresentable, Equatable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt8

  /// Any number, also one without a name.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }
}

extension TLSAlert {
  /// The name that IANA's registry has for it, or nil.
  public var name: StaticString? {
    switch rawValue {
    case 0: "close_notify"
    case 10: "unexpected_message"
    case 20: "bad_record_mac"
    case 21: "decryption_failed"
    case 22: "record_overflow"
    case 30: "decompression_failure"
    case 40: "handshake_failure"
    case 41: "no_certificate"
    case 42: "bad_certificate"
    case 43: "unsupported_certificate"
    case 44: "certificate_revoked"
    case 45: "certificate_expired"
    case 46: "certificate_unknown"
    case 47: "illegal_parameter"
    case 48: "unknown_ca"
    case 49: "access_denied"
    case 50: "decode_error"
    case 51: "decrypt_error"
    case 60: "export_restriction"
    case 70: "protocol_version"
    case 71: "insufficient_security"
    case 80: "internal_error"
    case 86: "inappropriate_fallback"
    case 90: "user_canceled"
    case 100: "no_renegotiation"
    case 109: "missing_extension"
    case 110: "unsupported_extension"
    case 112: "unrecognized_name"
    case 113: "bad_certificate_status_response"
    case 115: "unknown_psk_identity"
    case 116: "certificate_required"
    case 120: "no_application_protocol"
    default: nil
    }
  }
}
