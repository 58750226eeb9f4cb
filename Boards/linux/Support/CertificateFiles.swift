import Glibc
import PortTLS
import PortTLSCertificates

/// A certificate with its chain and its private key, each in a PEM or a DER file.
public struct CertificateFiles {
  public let certificate: String
  public let key: String

  public init(certificate: String, key: String) {
    self.certificate = certificate
    self.key = key
  }
}

extension TLSMachine {
  /// Certificates for a context, none at first.
  static func makeCertificates(for context: TLSContext) -> TLSCertificates {
    let memory = UnsafeMutablePointer<TLSCertificates.Memory>.allocate(capacity: 1)
    unsafe memory.initialize(to: TLSCertificates.Memory())
    return unsafe TLSCertificates(context, memory: memory)
  }

  /// Presents the certificates of these files.
  static func present(
    _ files: [CertificateFiles], in certificates: TLSCertificates
  ) throws(SecurityFailure) {
    let places = UnsafeMutableBufferPointer<TLSCredential>.allocate(capacity: files.count)
    for (index, pair) in files.enumerated() {
      unsafe try load(pair, into: places.baseAddress! + index)
    }
    do throws(CredentialError) {
      unsafe try certificates.present(places)
    } catch {
      throw SecurityFailure("no memory left for certificates")
    }
  }

  /// Trusts the authorities of a file.
  static func trust(file path: String, in certificates: TLSCertificates) throws(SecurityFailure) {
    let bytes = try readCredential(path)
    do throws(CredentialError) {
      try certificates.trust(bytes.span)
    } catch {
      throw SecurityFailure("\(path): there is no certificate in it that can be used")
    }
  }

  /// Trusts whom this machine's programs trust, if they trust anybody.
  static func trustSystem(in certificates: TLSCertificates) throws(SecurityFailure) {
    guard unsafe access(systemAuthorities, R_OK) == 0 else {
      throw SecurityFailure(
        "this machine has no trusted authorities in \(systemAuthorities): --ca names some, or --psk a key")
    }
    try trust(file: systemAuthorities, in: certificates)
  }

  /// Where Debian and others keep them.
  private static let systemAuthorities = "/etc/ssl/certs/ca-certificates.crt"

  @unsafe
  private static func load(
    _ files: CertificateFiles, into place: UnsafeMutablePointer<TLSCredential>
  ) throws(SecurityFailure) {
    let chain = try readCredential(files.certificate)
    let key = try readCredential(files.key)
    do throws(CredentialError) {
      unsafe try TLSCredential.load(chain: chain.span, key: key.span, into: place)
    } catch {
      switch error {
      case .unreadableCertificate:
        throw SecurityFailure("\(files.certificate): it is no certificate that can be used")
      case .unreadableKey:
        throw SecurityFailure(
          "\(files.key): it is no private key that can be used, or an encrypted one")
      case .keyOfAnotherCertificate:
        throw SecurityFailure("\(files.key): it is not the key of \(files.certificate)")
      case .outOfMemory: throw SecurityFailure("no memory left for certificates")
      }
    }
  }

  /// A file with its bytes as mbedTLS wants them: text ends with a zero byte.
  private static func readCredential(_ path: String) throws(SecurityFailure) -> [UInt8] {
    let bytes = try securityFile(path)
    let isText = bytes.firstRange(of: Array("-----BEGIN ".utf8)) != nil
    return isText ? bytes + [0] : bytes
  }
}
