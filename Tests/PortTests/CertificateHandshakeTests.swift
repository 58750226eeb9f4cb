import Port
import PortTLS
import PortTLSCertificates
import Testing

/// Handshakes with certificates that are altered, cut or resumed.
@Suite struct CertificateHandshakeTests {
  private static let one = TestAuthority.issue { contents in
    contents.commonName = "one"
    contents.names = ["one.example"]
  }
  private static let two = TestAuthority.issue { contents in
    contents.commonName = "two"
    contents.names = ["two.example"]
  }

  /// Both sides show a certificate.
  private func sides() throws -> (TLSSide, TLSSide) {
    let client = try TLSSide.client(trusting: TestAuthority.usual)
    try client.present([TestAuthority.client])
    let server = try TLSSide.server(presenting: Self.one, Self.two)
    try server.trust(TestAuthority.usual)
    server.certificates.demand(.required)
    try server.context.offerTickets()
    return (client, server)
  }

  private func handshakeByteCount(_ client: TLSSide, _ server: TLSSide, isFromClient: Bool) throws -> Int {
    let good = try TLSPair(client, server, host: "one.example")
    try #require(good.shakeHands())
    defer { good.close() }
    return (isFromClient ? good.client : good.server).faults.written.count
  }

  private func sent(_ certified: Certified, by pair: TLSPair) -> Bool {
    pair.server.faults.written.contains(run: Array(certified.certificate.suffix(32)))
  }

  @Test(arguments: [true, false])
  func handshake_byteAltered_isSoundOrFailsForAReason(isFromClient: Bool) throws {
    let (client, server) = try sides()
    let count = try handshakeByteCount(client, server, isFromClient: isFromClient)
    // Signatures take long.
    for offset in stride(from: 0, to: count, by: 17) {
      let pair = try TLSPair(client, server, host: "one.example")
      (isFromClient ? pair.client : pair.server).faults.alteredOffset = offset
      pair.shakeHands()
      pair.expectSoundOrFailed("\(offset)")
      pair.close()
    }
    #expect(client.sessions.usedCount == 0)
    #expect(server.sessions.usedCount == 0)
  }

  @Test(arguments: [true, false])
  func handshake_cut_isClosedInHandshakeAtTheOtherSide(isFromClient: Bool) throws {
    let (client, server) = try sides()
    let count = try handshakeByteCount(client, server, isFromClient: isFromClient)
    // Signatures differ in length by a few bytes.
    for offset in stride(from: 0, to: count - 8, by: 37) {
      let pair = try TLSPair(client, server, host: "one.example")
      let (cut, other) = isFromClient ? (pair.client, pair.server) : (pair.server, pair.client)
      cut.faults.cutOffset = offset
      #expect(!pair.shakeHands())
      #expect(other.failure == .local(.closedInHandshake), "\(offset)")
      pair.close()
    }
  }

  @Test(arguments: [1, 3]) func handshake_inPieces_opens(piece: Int) throws {
    let (client, server) = try sides()
    let pair = try TLSPair(client, server, host: "one.example", capacity: 50, piece: piece)
    #expect(pair.shakeHands())
  }

  @Test func handshake_savedSession_isMuchShorter() throws {
    let (client, server) = try sides()
    let first = try TLSPair(client, server, host: "one.example")
    try #require(first.shakeHands())
    let saved = try #require(first.client.savedSession())
    first.close()
    let second = try TLSPair(client, server, host: "one.example", saved: saved)
    #expect(second.shakeHands())
    #expect(second.client.stream.isResumed)
    #expect(!sent(Self.one, by: second))
    #expect(2 * second.server.faults.written.count < first.server.faults.written.count)
    #expect(second.writtenCount < first.writtenCount)
    second.exchange(toServer: [1], toClient: [2])
    #expect(second.client.received == [2])
  }

  /// RFC 6066 section 3: a session is for the name that it was made for.
  @Test func handshake_savedSessionForAnotherName_isAFullOne() throws {
    let (client, server) = try sides()
    let first = try TLSPair(client, server, host: "one.example")
    try #require(first.shakeHands())
    let saved = try #require(first.client.savedSession())
    first.close()
    let second = try TLSPair(client, server, host: "two.example", saved: saved)
    #expect(second.shakeHands())
    #expect(!second.client.stream.isResumed)
    #expect(sent(Self.two, by: second))
  }

  @Test func saveSession_withACertificate_fitsIn4Kilobytes() throws {
    let (client, server) = try sides()
    let pair = try TLSPair(client, server, host: "one.example")
    try #require(pair.shakeHands())
    let saved = try #require(pair.client.savedSession())
    #expect(saved.count < 4096)
  }
}
