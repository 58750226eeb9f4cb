import Port
import PortSockets
import PortTLS

/// What a client proves itself with, and which servers it believes.
public struct ClientSecurity {
  public var key: SharedKey?
  /// Whom to believe a server's certificate; nil to take no certificates, only the key.
  public var trust: Trust?
  public var certificate: CertificateFiles?
  /// Nil to ask for none.
  public var maximumFragmentLength: MaximumFragmentLength?

  /// Whose certificates are believed.
  public enum Trust {
    /// Those that this machine's programs trust.
    case system
    /// Those in a file.
    case file(String)
    /// Anybody's: who is on the way can read and change everything.
    case nobodyIsChecked
  }

  public init() {}

  /// A context for one connection.
  ///
  /// - Throws: what is wrong with a file.
  public func makeContext(board: inout SocketBoard) throws(SecurityFailure) -> TLSContext {
    let context = try TLSMachine.makeContext(.client, board: &board)
    if let key { try TLSMachine.use([key], in: context) }
    if let trust {
      let certificates = TLSMachine.makeCertificates(for: context)
      switch trust {
      case .system: try TLSMachine.trustSystem(in: certificates)
      case .file(let path): try TLSMachine.trust(file: path, in: certificates)
      case .nobodyIsChecked: certificates.demand(.insecurelyUnchecked)
      }
      if let certificate { try TLSMachine.present([certificate], in: certificates) }
    }
    if let maximumFragmentLength { context.offer(maximumFragmentLength) }
    return context
  }

  /// What decides whom this client talks to: a session that was made with other settings is not resumed,
  /// because resuming checks nothing.
  ///
  /// - Throws: what is wrong with a file.
  public func fingerprint() throws(SecurityFailure) -> Fingerprint {
    var fingerprint = Fingerprint()
    fingerprint.add(key?.identity ?? [])
    fingerprint.add(key?.key ?? [])
    switch trust {
    case nil: fingerprint.add(text: "none")
    case .system: fingerprint.add(text: "system")
    case .nobodyIsChecked: fingerprint.add(text: "unchecked")
    case .file(let path):
      fingerprint.add(text: "file")
      fingerprint.add(try securityFile(path))
    }
    if let certificate { fingerprint.add(try securityFile(certificate.certificate)) }
    fingerprint.add([maximumFragmentLength?.rawValue ?? 0])
    return fingerprint
  }
}
