import Port
import PortTLS
import Testing

@Suite struct TLSGarbageTests {
  /// CSM and a request of plain CoAP; HTTP; a hello of SSL 2; zeros; noise.
  static let plain: [[UInt8]] = [
    [0x00, 0xe1, 0x01, 0x01, 0x2a, 0xb4, 0x74],
    Array("GET / HTTP/1.1\r\n\r\n".utf8),
    [0x80, 0x2e, 0x01, 0x00, 0x02, 0x00, 0x15, 0x00, 0x00, 0x00, 0x10],
    [UInt8](repeating: 0, count: 100),
    .pattern(5000, seed: 5),
  ]

  @Test(arguments: plain)
  func server_noTLS_saysSo_onBothWays(bytes: [UInt8]) throws {
    let pair = try TLSPair(TLSSide(.client), TLSSide(.server))
    #expect(pair.loopback.one.write(bytes) == .bytes(bytes.count))
    pair.server.advanceHandshake()
    #expect(pair.server.failure == .local(.notTLS))
    #expect(pair.server.result == .failing)
    let records = TLSRecord.records(of: pair.server.faults.written)
    #expect(records == [TLSRecord(type: TLSRecord.alertType, content: [2, 10])])
    #expect(pair.server.faults.isFinished)
    // What still comes is read away until the peer closes.
    #expect(!pair.loopback.other.hasUnreadInput)
    _ = pair.loopback.one.write([1, 2, 3])
    pair.server.advanceHandshake()
    #expect(pair.server.result == .failing)
    pair.loopback.one.close()
    pair.server.advanceHandshake()
    #expect(pair.server.result == .failed)
  }

  @Test(arguments: plain)
  func client_noTLS_saysSo(bytes: [UInt8]) throws {
    let pair = try TLSPair(TLSSide(.client), TLSSide(.server))
    #expect(pair.loopback.other.write(bytes) == .bytes(bytes.count))
    pair.client.advanceHandshake()
    #expect(pair.client.failure == .local(.notTLS))
    #expect(TLSRecord.records(of: pair.client.faults.written).last?.type == TLSRecord.alertType)
  }

  @Test func server_fewerBytesThanARecordHasInFront_waits() throws {
    let pair = try TLSPair(TLSSide(.client), TLSSide(.server))
    _ = pair.loopback.one.write([0x00, 0xe1])
    pair.server.advanceHandshake()
    #expect(pair.server.result == .nothingYet)
    pair.loopback.one.close()
    pair.server.advanceHandshake()
    #expect(pair.server.failure == .local(.closedInHandshake))
  }

  /// Records whose content is noise: never a trap, never for ever.
  @Test func server_noiseInRecords_failsForAReason() throws {
    let server = try TLSSide(.server)
    for seed in UInt32(1)...500 {
      let pair = try TLSPair(TLSSide(.client), server)
      let count = Int(seed % 300) + 1
      let noise = [UInt8].pattern(count, seed: seed)
      let header: [UInt8] = [20 + noise[0] % 4, 3, 1 + noise[0] % 3, UInt8(count >> 8), UInt8(count & 0xff)]
      _ = pair.loopback.one.write(header + noise)
      pair.loopback.one.finishWriting()
      while !pair.server.isClosed { pair.server.advanceHandshake() }
      #expect(pair.server.failure != nil, "\(seed)")
    }
    #expect(server.sessions.usedCount == 0)
  }

  /// A peer that floods while it is told gets no endless turn.
  @Test func server_floodAfterTheAlert_returns() throws {
    let pair = try TLSPair(TLSSide(.client), TLSSide(.server))
    _ = pair.loopback.one.write([UInt8](repeating: 0, count: 20_000))
    pair.server.advanceHandshake()
    #expect(pair.server.result == .failing)
    #expect(pair.loopback.other.hasUnreadInput, "the rest waits for the next turn")
    pair.server.advanceHandshake()
    #expect(!pair.loopback.other.hasUnreadInput)
  }
}
