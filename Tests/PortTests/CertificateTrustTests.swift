import CMbedTLS
import Port
import PortTLS
import PortTLSCertificates
import Testing

@Suite struct CertificateTrustTests {
  private func pair(trusting authority: Certified, _ server: Certified) throws -> TLSPair {
    try TLSPair(
      .client(trusting: authority), .server(presenting: server), host: "device.example")
  }

  @Test(arguments: [
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
  ])
  func handshake_eachSuite_opens(suite: Int32) throws {
    let client = try TLSSide.client(trusting: TestAuthority.usual)
    client.offer(suite)
    let pair = try TLSPair(client, .server(presenting: TestAuthority.server), host: "localhost")
    #expect(pair.shakeHands())
    #expect(Int32(pair.server.stream.cipherSuite) == suite)
    pair.exchange(toServer: [1], toClient: [2])
    #expect(pair.client.received == [2])
  }

  @Test func handshake_otherAuthority_isUntrusted() throws {
    try pair(trusting: TestAuthority.other, TestAuthority.server).expectRefusal(.untrusted, alert: 48)
  }

  @Test func handshake_severalAuthorities_anyOfThemWillDo() throws {
    let client = try TLSSide.client(trusting: TestAuthority.other, TestAuthority.usual)
    #expect(try TLSPair(client, .server(presenting: TestAuthority.server), host: "localhost").shakeHands())
  }

  @Test func handshake_authorityOfTheSameNameWithOtherKeys_isUntrusted() throws {
    let impostor = TestAuthority.issue(by: nil) { contents in
      contents.commonName = TestAuthority.usual.commonName
      contents.isAuthority = true
      contents.keyNumber = 1
    }
    try pair(trusting: impostor, TestAuthority.server).expectRefusal(.untrusted, alert: 48)
  }

  @Test func handshake_selfSigned_isUntrusted_unlessItIsTrustedItself() throws {
    let certified = TestAuthority.issue(by: nil) { $0.names = ["device.example"] }
    try pair(trusting: TestAuthority.usual, certified).expectRefusal(.untrusted, alert: 48)
    #expect(try pair(trusting: certified, certified).shakeHands())
  }

  @Test func handshake_issuerThatIsNoAuthority_isUntrusted() throws {
    let leaf = TestAuthority.issue { $0.names = ["other.example"] }
    var forged = TestAuthority.issue(by: leaf) { contents in
      contents.commonName = "forged"
      contents.names = ["device.example"]
    }
    forged.chain = [leaf.certificate]
    try pair(trusting: TestAuthority.usual, forged).expectRefusal(.untrusted, alert: 48)
  }

  @Test func handshake_nobodyTrusted_isUntrusted() throws {
    let client = try TLSSide(.client, keys: [])
    client.certificates.demand(.required)
    try TLSPair(client, .server(presenting: TestAuthority.server), host: "localhost")
      .expectRefusal(.untrusted, alert: 48)
  }

  /// RFC 7925 section 4.4.4: three without the trusted one.
  @Test(arguments: 0...3) func handshake_chain_hasAtMost3(intermediateCount: Int) throws {
    let certified = TestAuthority.issue(behind: intermediateCount, names: ["device.example"])
    let pair = try pair(trusting: TestAuthority.usual, certified)
    if intermediateCount < 3 {
      #expect(pair.shakeHands())
    } else {
      pair.expectRefusal(.chainTooLong, alert: 49)
    }
  }

  @Test(arguments: [9, 10, 12])
  func handshake_chainThatMbedTLSRefuses_isTooLong(intermediateCount: Int) throws {
    let certified = TestAuthority.issue(behind: intermediateCount, names: ["device.example"])
    let pair = try pair(trusting: TestAuthority.usual, certified)
    pair.expectRefusal(.chainTooLong, alert: 49)
  }

  @Test func handshake_limitChanged_countsOtherwise() throws {
    let client = try TLSSide.client(trusting: TestAuthority.usual)
    let server = try TLSSide.server(presenting: TestAuthority.issue(behind: 1, names: ["device.example"]))
    client.certificates.limitChain(to: 1)
    try TLSPair(client, server, host: "device.example").expectRefusal(.chainTooLong, alert: 49)
    client.certificates.limitChain(to: 2)
    #expect(try TLSPair(client, server, host: "device.example").shakeHands())
  }

  @Test func handshake_intermediateMissing_isUntrusted() throws {
    var certified = TestAuthority.issue(behind: 1, names: ["device.example"])
    certified.chain = []
    try pair(trusting: TestAuthority.usual, certified).expectRefusal(.untrusted, alert: 48)
  }

  @Test func handshake_certificateForClients_isOfTheWrongUse() throws {
    let certified = TestAuthority.issue { contents in
      contents.names = ["device.example"]
      contents.use = 2
    }
    let server = try TLSSide.server(presenting: certified)
    server.ignoreOwnUse()
    try TLSPair(.client(trusting: TestAuthority.usual), server, host: "device.example")
      .expectRefusal(.wrongUse, alert: 43)
  }

  @Test func handshake_certificateForServers_opens() throws {
    let certified = TestAuthority.issue { contents in
      contents.names = ["device.example"]
      contents.use = 1
    }
    #expect(try pair(trusting: TestAuthority.usual, certified).shakeHands())
  }

  @Test(arguments: 0..<4) func handshake_insecurelyUnchecked_takesAny(number: Int) throws {
    let expired = TestAuthority.issue { $0.until = "20200201000000" }
    let selfSigned = TestAuthority.issue(by: nil) { $0.names = ["device.example"] }
    let forClients = TestAuthority.client
    let certified = [expired, selfSigned, forClients, TestAuthority.server][number]
    let client = try TLSSide(.client, keys: [])
    client.certificates.demand(.insecurelyUnchecked)
    client.board.unixTime = nil
    let server = try TLSSide.server(presenting: certified)
    server.ignoreServerNames()
    server.ignoreOwnUse()
    let pair = try TLSPair(client, server, host: "wrong.example")
    #expect(pair.shakeHands())
  }

  @Test func handshake_keyOfAnotherCertificateInUse_isRefused() throws {
    let server = try TLSSide.server(presenting: TestAuthority.server)
    // Signs with another key than the certificate's: no API of ours lets it happen.
    let other = try KeyPair(parsing: TestAuthority.client.key)
    unsafe server.configuration.pointee.key_cert.pointee.key = other.context.pointer
    let pair = try TLSPair(.client(trusting: TestAuthority.usual), server, host: "127.0.0.1")
    #expect(!pair.shakeHands())
    #expect(pair.client.failure == .local(.signature))
    #expect(pair.server.failure == .peer(TLSAlert(rawValue: 51)))
    withExtendedLifetime(other) {}
  }
}
