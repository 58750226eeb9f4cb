import CMbedTLS
import Port
import PortTLS
import Testing

/// A byte is altered on its way, at every offset in turn.
@Suite struct TLSAlterationTests {
  @Test(arguments: [0x01, 0x80, 0xff] as [UInt8], [true, false])
  func handshake_byteAltered_isSoundOrFailsForAReason(alteration: UInt8, isFromClient: Bool) throws {
    let (client, server) = try (
      TLSSide(.client, suite: MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8), TLSSide(.server)
    )
    let count = try handshakeByteCount(client, server, isFromClient: isFromClient)
    for offset in 0..<count {
      try expectSound(client, server, alteration, at: offset, isFromClient: isFromClient)
    }
  }

  /// Elliptic curves take long: a part of the offsets.
  @Test(arguments: [true, false])
  func handshakeWithForwardSecrecy_byteAltered_isSoundOrFailsForAReason(isFromClient: Bool) throws {
    let (client, server) = try (TLSSide(.client), TLSSide(.server))
    let count = try handshakeByteCount(client, server, isFromClient: isFromClient)
    for offset in stride(from: 0, to: count, by: 7) {
      try expectSound(client, server, 0x01, at: offset, isFromClient: isFromClient)
    }
  }

  @Test(arguments: [
    MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8,
  ])
  func data_byteAltered_isToldOrWaitedFor(suite: Int32) throws {
    let (client, server) = try (TLSSide(.client, suite: suite), TLSSide(.server))
    let sent = [UInt8].pattern(20)
    var recordByteCount: Int?
    for offset in -1..<90 {
      let pair = try TLSPair.open(client, server)
      pair.client.faults.forgetWritten()
      pair.client.faults.alteredOffset = offset
      for _ in 0..<2 { #expect(pair.client.stream.write(sent) == .bytes(20)) }
      // A record that has become longer is waited for, until the end comes.
      pair.loopback.one.finishWriting()
      while case .bytes = pair.server.read() {}
      let length = recordByteCount ?? pair.client.faults.written.count / 2
      recordByteCount = length
      let soundCount = offset < 0 || offset >= 2 * length ? 2 : offset / length
      let expected = [[], sent, sent + sent][soundCount]
      #expect(pair.server.received.firstDifference(from: expected) == nil, "\(offset)")
      #expect(pair.server.failure != nil, "\(offset)")
      pair.close()
    }
  }

  private func handshakeByteCount(_ client: TLSSide, _ server: TLSSide, isFromClient: Bool) throws -> Int {
    let good = try TLSPair.open(client, server)
    return (isFromClient ? good.client : good.server).faults.written.count
  }

  private func expectSound(
    _ client: TLSSide, _ server: TLSSide, _ alteration: UInt8, at offset: Int, isFromClient: Bool
  ) throws {
    let pair = try TLSPair(client, server)
    let faults = (isFromClient ? pair.client : pair.server).faults
    faults.alteredOffset = offset
    faults.alteration = alteration
    pair.shakeHands()
    pair.expectSoundOrFailed("\(offset) from the \(isFromClient ? "client" : "server")")
    pair.close()
  }
}
