import Port
import PortTLS
import Testing

/// Authorities and certificates that several tests use.
enum TestAuthority {
  static let usual = make { try Certified.authority("Usual CA") }
  static let other = make { try Certified.authority("Other CA") }

  /// For `device.example` and the addresses of this machine.
  static let server = issue { contents in
    contents.names = ["device.example", "localhost"]
    contents.addresses = [[127, 0, 0, 1], [UInt8](repeating: 0, count: 15) + [1]]
  }

  /// For clients.
  static let client = issue { contents in
    contents.commonName = "client"
    contents.use = 2
  }

  /// A certificate of the usual authority, or of another issuer.
  static func issue(
    by issuer: Certified? = usual, _ change: (inout CertificateContents) -> Void
  ) -> Certified {
    var contents = CertificateContents(commonName: "server")
    change(&contents)
    return make { try Certified.issue(contents, by: issuer) }
  }

  /// A certificate behind so many intermediate ones, which it is sent with.
  static func issue(behind count: Int, names: [String]) -> Certified {
    var issuer = usual
    var chain: [[UInt8]] = []
    for number in 0..<count {
      issuer = issue(by: issuer) { contents in
        contents.commonName = "Intermediate \(number)"
        contents.isAuthority = true
      }
      chain.insert(issuer.certificate, at: 0)
    }
    var leaf = issue(by: issuer) { $0.names = names }
    leaf.chain = chain
    return leaf
  }

  private static func make(_ body: () throws -> Certified) -> Certified {
    do { return try body() } catch { fatalError("mbedTLS makes no certificate: \(error)") }
  }
}

extension TLSSide {
  /// A client that trusts these authorities.
  static func client(trusting authorities: Certified...) throws -> TLSSide {
    let side = try TLSSide(.client, keys: [])
    for each in authorities { try side.trust(each) }
    return side
  }

  /// A server with these certificates.
  static func server(presenting certified: Certified...) throws -> TLSSide {
    let side = try TLSSide(.server, keys: [])
    try side.present(certified)
    return side
  }
}

extension TLSPair {
  /// The client refuses the server's certificate, and the server hears of it.
  func expectRefusal(
    _ fault: CertificateFault, alert: UInt8, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(!shakeHands(), sourceLocation: sourceLocation)
    #expect(client.failure == .local(.certificate(fault)), sourceLocation: sourceLocation)
    #expect(server.failure == .peer(TLSAlert(rawValue: alert)), sourceLocation: sourceLocation)
    #expect(!wasStuck, sourceLocation: sourceLocation)
  }
}
