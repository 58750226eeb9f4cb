import CMbedTLS
import Port
import PortTLS
import Testing

@Suite struct TLSDataTests {
  @Test(arguments: [1, 511, 512, 513, 16_384, 100_000], [20_000, 700, 17])
  func bytes_bothWaysThroughPipesOfAnySize_areTheSame(count: Int, capacity: Int) throws {
    let pair = try TLSPair.open(capacity: capacity)
    let (up, down) = ([UInt8].pattern(count, seed: 3), [UInt8].pattern(count, seed: 4))
    pair.exchange(toServer: up, toClient: down)
    #expect(pair.server.received.firstDifference(from: up) == nil)
    #expect(pair.client.received.firstDifference(from: down) == nil)
  }

  @Test(arguments: [1, 2, 3, 1000])
  func bytes_inPieces_areTheSame(piece: Int) throws {
    let pair = try TLSPair.open(capacity: 300, piece: piece)
    let (up, down) = ([UInt8].pattern(3000, seed: 3), [UInt8].pattern(20_000, seed: 4))
    pair.exchange(toServer: up, toClient: down, readingAtMost: 5)
    #expect(pair.server.received.firstDifference(from: up) == nil)
    #expect(pair.client.received.firstDifference(from: down) == nil)
  }

  @Test(arguments: [
    MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256,
  ])
  func bytes_eachSuite_areTheSame(suite: Int32) throws {
    let pair = try TLSPair.open(TLSSide(.client, suite: suite), capacity: 1000)
    let up = [UInt8].pattern(40_000)
    pair.exchange(toServer: up)
    #expect(pair.server.received.firstDifference(from: up) == nil)
  }

  @Test func write_pipeFullInMidRecord_takesTheBytesWhenTheRecordIsOut() throws {
    let pair = try TLSPair.open(capacity: 64)
    let bytes = [UInt8].pattern(100)
    #expect(pair.client.stream.write(bytes) == .nothingYet)
    #expect(pair.client.stream.write(bytes) == .nothingYet)
    #expect(pair.server.read() == .nothingYet, "half a record says nothing")
    // The caller has more by now; the record does not.
    #expect(pair.client.stream.write(bytes + [1, 2, 3]) == .bytes(100))
    #expect(pair.server.read() == .bytes(bytes))
    #expect(pair.client.stream.write([1, 2, 3]) == .bytes(3))
    #expect(pair.server.read() == .bytes([1, 2, 3]))
  }

  @Test func write_pipeFullInMidRecord_otherDirectionGoesOn() throws {
    let pair = try TLSPair.open(capacity: 64)
    #expect(pair.client.stream.write(.pattern(100)) == .nothingYet)
    for byte in UInt8(0)..<10 {
      #expect(pair.server.stream.write([byte]) == .bytes(1))
      #expect(pair.client.read() == .bytes([byte]))
    }
    #expect(pair.server.read() == .nothingYet)
    #expect(pair.client.stream.write(.pattern(100)) == .bytes(100))
    #expect(pair.server.read() == .bytes(.pattern(100)))
  }

  @Test func write_transportTakesNothing_isNothingYet_andSendsTheRecordOnce() throws {
    let pair = try TLSPair.open()
    pair.client.faults.isBlocked = true
    for _ in 0..<5 { #expect(pair.client.stream.write([7]) == .nothingYet) }
    pair.client.faults.isBlocked = false
    #expect(pair.client.stream.write([7]) == .bytes(1))
    #expect(pair.server.read() == .bytes([7]))
    #expect(pair.server.read() == .nothingYet)
  }

  @Test func hasUnreadInput_recordReadPartly_isTrueUntilItsEnd() throws {
    let pair = try TLSPair.open()
    #expect(!pair.server.stream.hasUnreadInput)
    #expect(pair.client.stream.write(.pattern(10)) == .bytes(10))
    #expect(pair.server.stream.hasUnreadInput, "the transport has something")
    #expect(pair.server.read(atMost: 4) == .bytes(Array([UInt8].pattern(10)[..<4])))
    #expect(!pair.loopback.other.hasUnreadInput)
    #expect(pair.server.stream.hasUnreadInput)
    #expect(pair.server.read(atMost: 5) == .bytes(Array([UInt8].pattern(10)[4..<9])))
    #expect(pair.server.stream.hasUnreadInput)
    #expect(pair.server.read(atMost: 5) == .bytes(Array([UInt8].pattern(10)[9...])))
    #expect(!pair.server.stream.hasUnreadInput)
    #expect(pair.server.read() == .nothingYet)
  }

  @Test func emptyRecords_areNoEnd() throws {
    let client = try TLSSide(.client)
    let pair = try TLSPair.open(client)
    // Some libraries send them; mbedTLS's read says 0 for two in a row, as it does for an end.
    for _ in 0..<2 {
      let record = unsafe RawSession(client).records { unsafe mbedtls_ssl_write($0, nil, 0) }
      #expect(pair.loopback.one.write(record) == .bytes(record.count))
    }
    #expect(pair.server.read() == .nothingYet)
    #expect(pair.client.stream.write([1]) == .bytes(1))
    #expect(pair.server.read() == .bytes([1]))
  }
}
