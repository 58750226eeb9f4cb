import Port
import PortTLS
import PortTLSCertificates
import Testing

@Suite struct ClientCertificateTests {
  private func server(_ demand: TLSCertificates.PeerCertificate?) throws -> TLSSide {
    let side = try TLSSide.server(presenting: TestAuthority.server)
    if let demand {
      try side.trust(TestAuthority.usual)
      side.certificates.demand(demand)
    }
    return side
  }

  private func client(_ certified: Certified?) throws -> TLSSide {
    let side = try TLSSide.client(trusting: TestAuthority.usual)
    if let certified { try side.present([certified]) }
    return side
  }

  private func pair(_ demand: TLSCertificates.PeerCertificate?, _ certified: Certified?) throws -> TLSPair {
    try TLSPair(client(certified), server(demand), host: "localhost")
  }

  @Test(arguments: [TLSCertificates.PeerCertificate.required, .optional])
  func handshake_goodOne_opens(demand: TLSCertificates.PeerCertificate) throws {
    let pair = try pair(demand, TestAuthority.client)
    #expect(pair.shakeHands())
    #expect(pair.client.faults.written.contains(run: Array(TestAuthority.client.certificate.suffix(32))))
  }

  @Test func handshake_requiredAndMissing_isToldOnBothSides() throws {
    let pair = try pair(.required, nil)
    #expect(!pair.shakeHands())
    #expect(pair.server.failure == .local(.certificate(.missing)))
    #expect(pair.client.failure == .peer(TLSAlert(rawValue: 40)))
  }

  @Test func handshake_optionalAndMissing_opens() throws {
    #expect(try pair(.optional, nil).shakeHands())
  }

  @Test(arguments: [TLSCertificates.PeerCertificate.required, .optional])
  func handshake_untrusted_isToldOnBothSides(demand: TLSCertificates.PeerCertificate) throws {
    let stranger = TestAuthority.issue(by: TestAuthority.other) { $0.commonName = "stranger" }
    try expectRefusal(pair(demand, stranger), .untrusted)
  }

  @Test(arguments: [TLSCertificates.PeerCertificate.required, .optional])
  func handshake_expired_isToldOnBothSides(demand: TLSCertificates.PeerCertificate) throws {
    let old = TestAuthority.issue { contents in
      contents.commonName = "old"
      contents.until = "20250101000000"
    }
    try expectRefusal(pair(demand, old), .expired)
  }

  @Test(arguments: [TLSCertificates.PeerCertificate.required, .optional])
  func handshake_forServersOnly_isToldOnBothSides(demand: TLSCertificates.PeerCertificate) throws {
    let misused = TestAuthority.issue { contents in
      contents.commonName = "misused"
      contents.use = 1
    }
    try expectRefusal(pair(demand, misused), .wrongUse)
  }

  @Test(arguments: [TLSCertificates.PeerCertificate.required, .optional])
  func handshake_serverWithoutADate_isToldOnBothSides(demand: TLSCertificates.PeerCertificate) throws {
    let server = try server(demand)
    server.board.unixTime = nil
    try expectRefusal(TLSPair(client(TestAuthority.client), server, host: "localhost"), .dateUnknown)
  }

  @Test(arguments: [TLSCertificates.PeerCertificate.required, .optional])
  func handshake_chainOf4_isToldOnBothSides(demand: TLSCertificates.PeerCertificate) throws {
    try expectRefusal(pair(demand, TestAuthority.issue(behind: 3, names: [])), .chainTooLong)
  }

  /// The default of a server.
  @Test(arguments: [TLSCertificates.PeerCertificate.notAsked, nil])
  func handshake_notAsked_isNotSent(demand: TLSCertificates.PeerCertificate?) throws {
    let pair = try pair(demand, TestAuthority.client)
    #expect(pair.shakeHands())
    #expect(!pair.client.faults.written.contains(run: Array(TestAuthority.client.certificate.suffix(32))))
  }

  /// A client's certificate is not a server's: any name will do.
  @Test func handshake_clientsOwnName_isNotCompared() throws {
    let named = TestAuthority.issue { contents in
      contents.commonName = "anybody"
      contents.names = ["anybody.example"]
    }
    #expect(try pair(.required, named).shakeHands())
  }

  private func expectRefusal(
    _ pair: TLSPair, _ fault: CertificateFault, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(!pair.shakeHands(), sourceLocation: sourceLocation)
    #expect(pair.server.failure == .local(.certificate(fault)), sourceLocation: sourceLocation)
    guard case .peer(let alert) = pair.client.failure else {
      Issue.record("\(String(describing: pair.client.failure))", sourceLocation: sourceLocation)
      return
    }
    #expect((41...49).contains(alert.rawValue), sourceLocation: sourceLocation)
    #expect(!pair.wasStuck, sourceLocation: sourceLocation)
  }
}
