import CMbedTLS
import Port

// What mbedTLS's numbers mean here.

extension TLSFault {
  /// The fault behind an error that does not depend on what the peer did.
  init(libraryError result: Int32) {
    self =
      switch result {
      case MBEDTLS_ERR_SSL_ALLOC_FAILED: .outOfMemory
      // ALLOC_FAILED of ASN1, MPI, X509, PK, ECP, MD, cipher.
      case -0x006a, -0x0010, -0x2880, -0x3f80, -0x4d80, -0x5180, -0x6180: .outOfMemory
      case MBEDTLS_ERR_CTR_DRBG_ENTROPY_SOURCE_FAILED: .lacksEntropy
      case MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION: .protocolVersion
      case MBEDTLS_ERR_SSL_NO_CIPHER_CHOSEN, MBEDTLS_ERR_SSL_NO_USABLE_CIPHERSUITE:
        .noSharedCipherSuite
      case MBEDTLS_ERR_SSL_NO_CLIENT_CERTIFICATE: .certificate(.missing)
      // Handshake messages that come in several records, which mbedTLS 2.28 does not put together.
      case MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE, MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL,
        MBEDTLS_ERR_SSL_CERTIFICATE_TOO_LARGE:
        .messageTooLarge
      // ECP and PK: the signature does not fit.
      case -0x4e00, -0x4380: .signature
      case MBEDTLS_ERR_SSL_INVALID_RECORD, MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE: .malformedHandshake
      case MBEDTLS_ERR_SSL_BAD_HS_FINISHED...MBEDTLS_ERR_SSL_BAD_HS_CLIENT_HELLO: .malformedHandshake
      default: .library(result)
      }
  }

  /// The alert for it, where mbedTLS has sent none by itself.
  var alert: TLSAlert {
    let number: UInt8 =
      switch self {
      case .notTLS: 10
      case .alteredRecord, .keysDiffer: 20
      // RFC 5246 section 7.4.6.
      case .noSharedCipherSuite, .certificate(.missing): 40
      case .certificate: 42
      case .malformedHandshake, .messageTooLarge: 50
      case .signature: 51
      case .protocolVersion: 70
      case .unknownServerName: 112
      case .noApplicationProtocol: 120
      case .handshakeTimedOut: 90
      default: 80
      }
    return TLSAlert(rawValue: number)
  }
}

extension TLSSessionHandle {
  /// What an error of mbedTLS means at this point.
  func failure(for result: Int32) -> TLSFailure {
    let isHandshaking = phase == .handshaking
    switch result {
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
      return .peer(TLSAlert(rawValue: unsafe ctls_received_alert(ssl)))
    case MBEDTLS_ERR_SSL_CONN_EOF: return .local(isHandshaking ? .closedInHandshake : .truncated)
    case MBEDTLS_ERR_SSL_INVALID_MAC:
      let isAboutKeys = unsafe ctls_uses_psk(ssl) && isHandshaking
      return .local(isAboutKeys ? .keysDiffer : .alteredRecord)
    // FATAL_ERROR: that of an optional certificate, which mbedTLS would let pass.
    case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, MBEDTLS_ERR_X509_FATAL_ERROR,
      MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED, MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE:
      return .local(.certificate(unsafe session.pointee.certificateFault ?? otherFault(for: result)))
    default: break
    }
    if isHandshaking {
      // mbedTLS has one number for many reasons; its alert tells more.
      switch unsafe ctls_sent_alert(ssl) {
      case 112: return .local(.unknownServerName)
      case 120: return .local(.noApplicationProtocol)
      case 70: return .local(.protocolVersion)
      case 40 where result == MBEDTLS_ERR_SSL_BAD_HS_CLIENT_HELLO: return .local(.noSharedCipherSuite)
      case 51: return .local(.signature)
      default: break
      }
    }
    let fault = TLSFault(libraryError: result)
    let isAboutInput = fault == .malformedHandshake || fault == .protocolVersion
    let isRecord = (20...23).contains(unsafe ctls_record_type(ssl))
    if unsafe isAboutInput && !isRecord && !ctls_has_hello(ssl) { return .local(.notTLS) }
    return .local(fault)
  }

  /// What is wrong with the peer's certificate when the check was not asked or has found nothing.
  private func otherFault(for result: Int32) -> CertificateFault {
    switch result {
    // More certificates than mbedTLS follows.
    case MBEDTLS_ERR_X509_FATAL_ERROR: .chainTooLong
    case MBEDTLS_ERR_SSL_CA_CHAIN_REQUIRED: .untrusted
    case MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE where unsafe ctls_is_of_wrong_use(ssl): .wrongUse
    default: .other
    }
  }
}
