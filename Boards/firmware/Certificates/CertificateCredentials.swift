import BoardFirmware
import Port
import PortTLS
import PortTLSCertificates

/// A certificate, beside a pre-shared key or without one: the client's cipher suites decide.
///
/// With authorities to trust, clients that do not use the pre-shared key have to show a certificate too; the
/// board then has to know the date.
@safe
public struct CertificateCredentials: FirmwareCredentials {
  private let sharedKey: SharedKeyCredentials
  private let memory: UnsafeMutablePointer<TLSCertificates.Memory>
  private let credential: UnsafeMutablePointer<TLSCredential>

  @unsafe
  public init(_ region: inout MemoryRegion) {
    sharedKey = unsafe SharedKeyCredentials(&region)
    unsafe memory = unsafe region.take(TLSCertificates.Memory.self)
    unsafe credential = unsafe region.take(TLSCredential.self)
  }

  @unsafe
  public func add(to context: TLSContext, from machine: (some Machine).Type) -> Bool {
    let hasKey = unsafe sharedKey.add(to: context, from: machine)
    let given = machine.provisioning
    var (chain, authorities) = unsafe (given.certificates, given.authorities)
    guard let own = unsafe chain.next(), let key = unsafe given.privateKey else { return hasKey }
    do throws(CredentialError) {
      try unsafe TLSCredential.load(keepingChain: own, key: key.span, into: credential)
      while let next = unsafe chain.next() { try unsafe TLSCredential.append(keeping: next, to: credential) }
      unsafe memory.initialize(to: TLSCertificates.Memory())
      let certificates = unsafe TLSCertificates(context, memory: memory)
      certificates.demand(.notAsked)
      while let authority = unsafe authorities.next() {
        try unsafe certificates.trust(keeping: authority)
        certificates.demand(.required)
      }
      // Last: as long as there is none, no client gets past an authority that could not be read.
      try unsafe certificates.present(UnsafeMutableBufferPointer(start: credential, count: 1))
    } catch {
      machine.write("TLS: the certificate is left out: ")
      machine.write(error.text)
      return hasKey
    }
    machine.write("TLS: a certificate\n")
    return true
  }

  public static func text(_ fault: TLSFault) -> StaticString? {
    switch fault {
    case .certificate(.missing): "no certificate"
    case .certificate(.expired): "an expired certificate"
    case .certificate(.notYetValid): "a certificate of the future"
    case .certificate(.dateUnknown): "a certificate, and the date is not known"
    case .certificate(.untrusted): "a certificate of nobody that is trusted"
    case .certificate(.wrongUse): "a certificate for another use"
    case .certificate: "a certificate that went wrong"
    case .signature: "a signature that does not fit"
    case .unknownServerName: "a name that the certificate does not have"
    default: nil
    }
  }
}

extension CredentialError {
  /// A few words.
  fileprivate var text: StaticString {
    switch self {
    case .unreadableCertificate: "it, or an authority, cannot be read\n"
    case .unreadableKey: "its key cannot be read\n"
    case .keyOfAnotherCertificate: "the key is that of another one\n"
    case .outOfMemory: "no memory left\n"
    }
  }
}
