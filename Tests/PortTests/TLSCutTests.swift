import CMbedTLS
import Port
import PortTLS
import Testing

/// The connection ends after a number of bytes, every number in turn.
@Suite struct TLSCutTests {
  @Test(arguments: [nil, MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8], [true, false])
  func handshake_cut_isClosedInHandshakeAtTheOtherSide(suite: Int32?, isFromClient: Bool) throws {
    let (client, server) = try (TLSSide(.client, suite: suite), TLSSide(.server))
    let good = try TLSPair(client, server)
    try #require(good.shakeHands())
    let count = (isFromClient ? good.client : good.server).faults.written.count
    good.close()
    for offset in 0..<count {
      let pair = try TLSPair(client, server)
      let (cut, other) = isFromClient ? (pair.client, pair.server) : (pair.server, pair.client)
      cut.faults.cutOffset = offset
      #expect(!pair.shakeHands())
      #expect(other.failure == .local(.closedInHandshake), "\(offset)")
      #expect(cut.failure == .local(.transportFailed), "\(offset)")
      #expect(!pair.wasStuck)
      pair.close()
    }
  }

  @Test func handshake_closeNotifyInstead_isClosedInHandshake() throws {
    let pair = try TLSPair(TLSSide(.client), TLSSide(.server))
    _ = pair.loopback.other.write([21, 3, 3, 0, 2, 1, 0])
    pair.client.advanceHandshake()
    #expect(pair.client.failure == .local(.closedInHandshake))
  }

  @Test(arguments: [10, 40, 86, 112, 255] as [UInt8])
  func handshake_fatalAlertInstead_isThePeersFailure(number: UInt8) throws {
    let pair = try TLSPair(TLSSide(.client), TLSSide(.server))
    _ = pair.loopback.other.write([21, 3, 3, 0, 2, 2, number])
    pair.client.advanceHandshake()
    #expect(pair.client.failure == .peer(TLSAlert(rawValue: number)))
    #expect(pair.client.isClosed)
  }

  @Test func handshake_warningBetween_isIgnored() throws {
    let pair = try TLSPair(TLSSide(.client), TLSSide(.server))
    _ = pair.loopback.other.write([21, 3, 3, 0, 2, 1, 90])
    _ = pair.loopback.other.write([21, 3, 3, 0, 2, 1, 90])
    #expect(pair.shakeHands())
  }
}
