import Port
import PortTLS
import PortTLSCertificates
import Testing

/// A server with several certificates (RFC 6066 section 3).
@Suite struct ServerNameTests {
  private static let one = TestAuthority.issue { contents in
    contents.commonName = "one"
    contents.names = ["one.example", "*.ones.example"]
  }
  private static let two = TestAuthority.issue { contents in
    contents.commonName = "two"
    contents.names = ["two.example"]
    contents.addresses = [[192, 0, 2, 2]]
  }

  private func pair(dialled host: String) throws -> TLSPair {
    let server = try TLSSide.server(presenting: Self.one, Self.two)
    return try TLSPair(.client(trusting: TestAuthority.usual), server, host: host)
  }

  private func sent(_ certified: Certified, by pair: TLSPair) -> Bool {
    pair.server.faults.written.contains(run: Array(certified.certificate.suffix(32)))
  }

  @Test(arguments: ["one.example", "ONE.example", "x.ones.example", "two.example"])
  func handshake_nameOfACertificate_selectsIt(host: String) throws {
    let pair = try pair(dialled: host)
    #expect(pair.shakeHands())
    #expect(sent(Self.one, by: pair) == !host.hasPrefix("two"))
    #expect(sent(Self.two, by: pair) == host.hasPrefix("two"))
  }

  @Test(arguments: ["three.example", "example", "a.b.ones.example"])
  func handshake_unknownName_isToldOnBothSides(host: String) throws {
    let pair = try pair(dialled: host)
    #expect(!pair.shakeHands())
    #expect(pair.server.failure == .local(.unknownServerName))
    #expect(pair.client.failure == .peer(TLSAlert(rawValue: 112)))
    #expect(TLSRecord.records(of: pair.server.faults.written).last == TLSRecord(type: 21, content: [2, 112]))
  }

  /// No name is sent for an address, so the server takes its first certificate.
  @Test func handshake_address_getsTheFirstCertificate() throws {
    let pair = try pair(dialled: "192.0.2.2")
    pair.expectRefusal(.wrongName, alert: 42)
    #expect(sent(Self.one, by: pair))
  }

  @Test func handshake_noName_getsTheFirstCertificate() throws {
    let pair = try pair(dialled: "")
    pair.expectRefusal(.wrongName, alert: 42)
    #expect(sent(Self.one, by: pair))
  }

  /// Keys and certificates on the same port.
  @Test func server_withKeysAndCertificates_servesBothKindsOfClients() throws {
    let server = try TLSSide(.server)
    try server.present([TestAuthority.server])
    let certified = try TLSPair(.client(trusting: TestAuthority.usual), server, host: "localhost")
    #expect(certified.shakeHands())
    #expect(sent(TestAuthority.server, by: certified))
    certified.close()
    let keyed = try TLSPair(TLSSide(.client), server)
    #expect(keyed.shakeHands())
    #expect(!sent(TestAuthority.server, by: keyed))
  }

  @Test func client_withKeysAndCertificates_isServedByBothKindsOfServers() throws {
    let client = try TLSSide(.client)
    try client.trust(TestAuthority.usual)
    let certified = try TLSPair(client, .server(presenting: TestAuthority.server), host: "localhost")
    #expect(certified.shakeHands())
    certified.close()
    #expect(try TLSPair(client, TLSSide(.server), host: "localhost").shakeHands())
  }
}
