import Port
import PortTLS
import Testing

/// Whether the certificate is that of whom was dialled (RFC 9525).
@Suite struct CertificateNameTests {
  private func pair(_ server: Certified, dialled host: String) throws -> TLSPair {
    try TLSPair(.client(trusting: TestAuthority.usual), .server(presenting: server), host: host)
  }

  @Test(arguments: [
    "device.example", "DEVICE.Example", "localhost", "127.0.0.1", "::1", "0:0:0:0:0:0:0:1", "::0.0.0.1",
  ])
  func handshake_nameOrAddressOfTheCertificate_opens(host: String) throws {
    let pair = try pair(TestAuthority.server, dialled: host)
    #expect(pair.shakeHands())
    #expect(pair.client.failure == nil)
    #expect(pair.server.failure == nil)
  }

  @Test(arguments: [
    "device.example.org", "evice.example", "device.exampl", "x.device.example", "127.0.0.2", "::2",
    "::127.0.0.1", "::ffff:127.0.0.1",
  ])
  func handshake_otherNameOrAddress_isRefused(host: String) throws {
    let side = try TLSSide.server(presenting: TestAuthority.server)
    // The server itself would refuse a name that it does not have.
    side.ignoreServerNames()
    let pair = try TLSPair(.client(trusting: TestAuthority.usual), side, host: host)
    pair.expectRefusal(.wrongName, alert: 42)
  }

  @Test func handshake_noServerNamed_isRefused() throws {
    try pair(TestAuthority.server, dialled: "").expectRefusal(.wrongName, alert: 42)
  }

  @Test func handshake_nameInTheSubjectOnly_isRefused() throws {
    let certified = TestAuthority.issue { $0.commonName = "device.example" }
    let side = try TLSSide.server(presenting: certified)
    side.ignoreServerNames()
    try TLSPair(.client(trusting: TestAuthority.usual), side, host: "device.example")
      .expectRefusal(.wrongName, alert: 42)
  }

  @Test func handshake_addressAsAName_isRefused() throws {
    let certified = TestAuthority.issue { $0.names = ["127.0.0.1"] }
    try pair(certified, dialled: "127.0.0.1").expectRefusal(.wrongName, alert: 42)
  }

  @Test func handshake_bytesOfAnAddressInAName_isRefused() throws {
    let certified = TestAuthority.issue { $0.names = ["127."] }
    try pair(certified, dialled: "49.50.55.46").expectRefusal(.wrongName, alert: 42)
  }

  @Test(arguments: [
    ("*.example.org", "lamp.example.org", true),
    ("*.example.org", "LAMP.EXAMPLE.ORG", true),
    ("*.example.org", "example.org", false),
    ("*.example.org", ".example.org", false),
    ("*.example.org", "a.lamp.example.org", false),
    ("*.example.org", "lampexample.org", false),
    ("*.org", "example.org", false),
    ("*", "org", false),
    ("l*.example.org", "lamp.example.org", false),
    ("lamp.*.org", "lamp.example.org", false),
  ])
  func handshake_wildcard_standsForOneWholeLabel(pattern: String, host: String, fits: Bool) throws {
    let side = try TLSSide.server(presenting: TestAuthority.issue { $0.names = [pattern] })
    side.ignoreServerNames()
    let pair = try TLSPair(.client(trusting: TestAuthority.usual), side, host: host)
    if fits {
      #expect(pair.shakeHands())
    } else {
      pair.expectRefusal(.wrongName, alert: 42)
    }
  }

  /// A zero byte ends a name in C.
  @Test func handshake_nameWithAZeroByte_isRefused() throws {
    let side = try TLSSide.server(
      presenting: TestAuthority.issue { $0.names = ["device.example\0.evil.example"] })
    side.ignoreServerNames()
    try TLSPair(.client(trusting: TestAuthority.usual), side, host: "device.example")
      .expectRefusal(.wrongName, alert: 42)
  }

  @Test func handshake_nameThatIsTooLong_failsBeforeAnythingIsSent() throws {
    let host = String(repeating: "a", count: 256)
    let pair = try pair(TestAuthority.server, dialled: host)
    pair.client.advanceHandshake()
    #expect(pair.client.failure != nil)
    #expect(pair.client.faults.written.isEmpty)
  }

  @Test func hello_ofAName_hasIt_andOfAnAddressHasNone() throws {
    let named = try pair(TestAuthority.server, dialled: "device.example")
    #expect(named.shakeHands())
    #expect(named.client.faults.written.contains(run: Array("device.example".utf8)))
    for address in ["127.0.0.1", "::1"] {
      let pair = try pair(TestAuthority.server, dialled: address)
      #expect(pair.shakeHands())
      #expect(!pair.client.faults.written.contains(run: Array(address.utf8)))
    }
  }
}
