import Port
import PortSockets
import PortTLS

/// What a server proves itself with, and whom it trusts.
public struct ServerSecurity {
  public var keys: [SharedKey] = []
  public var certificates: [CertificateFiles] = []
  /// A file with the authorities of the clients' certificates; nil to ask for none.
  public var authorities: String?
  /// Whether a client without certificate is refused.
  public var requiresClientCertificate = false

  public init() {}

  /// A context for all connections, which gives tickets and remembers sessions by their identifiers.
  ///
  /// - Throws: what is wrong with a file.
  public func makeContext(board: inout SocketBoard) throws(SecurityFailure) -> TLSContext {
    let context = try TLSMachine.makeContext(.server, board: &board)
    if !keys.isEmpty { try TLSMachine.use(keys, in: context) }
    if !certificates.isEmpty {
      let own = TLSMachine.makeCertificates(for: context)
      try TLSMachine.present(certificates, in: own)
      own.demand(.notAsked)
      if let authorities {
        try TLSMachine.trust(file: authorities, in: own)
        own.demand(requiresClientCertificate ? .required : .optional)
      }
    }
    do throws(TLSFault) {
      try context.offerTickets()
    } catch {
      throw SecurityFailure("tickets cannot be given: \(error.text(TLSCircumstances(.server)))")
    }
    TLSMachine.rememberSessions(of: context)
    return context
  }
}
