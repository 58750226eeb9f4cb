import CMbedTLS
import Port
import PortTLS
import Testing

@Suite struct TLSEndTests {
  @Test func finishWriting_isTheEndAtTheOtherSide_andStaysIt() throws {
    let pair = try TLSPair.open()
    pair.client.faults.forgetWritten()
    pair.client.stream.finishWriting()
    #expect(pair.client.faults.isFinished)
    let records = TLSRecord.records(of: pair.client.faults.written)
    #expect(records.map(\.type) == [TLSRecord.alertType], "close_notify")
    for _ in 0..<3 { #expect(pair.server.read() == .end) }
    #expect(pair.server.failure == nil)
  }

  @Test func finishWriting_bothSides_endsBoth() throws {
    let pair = try TLSPair.open()
    pair.client.stream.finishWriting()
    #expect(pair.server.read() == .end)
    pair.server.stream.finishWriting()
    #expect(pair.client.read() == .end)
    pair.client.close()
    #expect(pair.server.read() == .end)
    #expect(pair.client.failure == nil)
    #expect(pair.server.failure == nil)
  }

  @Test func finishWriting_otherDirection_goesOn() throws {
    let pair = try TLSPair.open()
    pair.client.stream.finishWriting()
    #expect(pair.server.read() == .end)
    #expect(pair.server.stream.write([1, 2]) == .bytes(2))
    #expect(pair.client.read() == .bytes([1, 2]))
  }

  @Test func finishWriting_recordUnderWay_endsBehindIt() throws {
    let pair = try TLSPair.open(capacity: 64)
    #expect(pair.client.stream.write(.pattern(100)) == .nothingYet)
    pair.client.stream.finishWriting()
    #expect(!pair.client.faults.isFinished)
    var received: [UInt8] = []
    for _ in 0..<10 {
      if case .bytes(let bytes) = pair.server.read() { received += bytes }
      // A driver goes on reading; that is what lets the rest go out.
      if received.isEmpty || pair.server.arrival == .nothingYet { _ = pair.client.read() }
    }
    #expect(received == .pattern(100))
    #expect(pair.client.faults.isFinished)
    #expect(pair.server.read() == .end)
  }

  @Test func end_withoutCloseNotify_isTruncation() throws {
    let pair = try TLSPair.open()
    #expect(pair.client.stream.write([1]) == .bytes(1))
    pair.loopback.one.finishWriting()
    #expect(pair.server.read() == .bytes([1]))
    for _ in 0..<2 {
      #expect(pair.server.read() == .failed)
      #expect(pair.server.failure == .local(.truncated))
    }
    #expect(pair.server.stream.write([1]) == .failed)
  }

  @Test func end_withinARecord_isTruncation() throws {
    let pair = try TLSPair.open(capacity: 64)
    #expect(pair.client.stream.write(.pattern(100)) == .nothingYet)
    pair.loopback.one.finishWriting()
    #expect(pair.server.read() == .failed)
    #expect(pair.server.failure == .local(.truncated))
  }

  @Test func read_transportBroken_failsForThatReason() throws {
    let pair = try TLSPair.open()
    pair.server.faults.failsReading = true
    #expect(pair.server.read() == .failed)
    #expect(pair.server.failure == .local(.transportFailed))
    #expect(pair.server.read() == .failed)
  }

  @Test func write_transportBroken_failsForThatReason() throws {
    let pair = try TLSPair.open()
    pair.server.faults.failsWriting = true
    #expect(pair.server.stream.write([1]) == .failed)
    #expect(pair.server.stream.failure == .local(.transportFailed))
    #expect(pair.server.stream.write([1]) == .failed)
  }

  @Test func read_alteredRecord_tellsThePeer_andSendsNothingMore() throws {
    let pair = try TLSPair.open()
    pair.client.faults.alteredOffset = pair.client.faults.written.count + 20
    #expect(pair.client.stream.write(.pattern(30)) == .bytes(30))
    #expect(pair.server.read() == .failed)
    #expect(pair.server.failure == .local(.alteredRecord))
    #expect(pair.server.faults.isFinished)
    #expect(pair.server.stream.write([1]) == .failed)
    #expect(pair.client.read() == .failed)
    #expect(pair.client.failure == .peer(TLSAlert(rawValue: 20)))
    #expect(pair.server.failure == .local(.alteredRecord))
  }

  @Test func failure_transportBreaksWhileThePeerIsTold_isTheFirstOne() throws {
    let pair = try TLSPair.open()
    pair.client.faults.alteredOffset = pair.client.faults.written.count + 20
    pair.server.faults.failsWriting = true
    #expect(pair.client.stream.write(.pattern(30)) == .bytes(30))
    #expect(pair.server.read() == .failed)
    #expect(pair.server.failure == .local(.alteredRecord))
  }

  @Test func failure_transportFull_waitsForTheAlertToGo() throws {
    let wrong = TestKey("lamp-7", .pattern(16, seed: 8))
    let pair = try TLSPair(TLSSide(.client, keys: [wrong]), TLSSide(.server))
    while pair.server.stream.failure == nil {
      pair.client.advanceHandshake()
      // It is full when the alert is due: the client has changed to its keys.
      let clientRecords = TLSRecord.records(of: pair.client.faults.written)
      pair.server.faults.isBlocked = clientRecords.contains { $0.type == 20 }
      pair.server.advanceHandshake()
    }
    #expect(pair.server.result == .failing)
    pair.server.advanceHandshake()
    #expect(pair.server.result == .failing)
    pair.server.faults.isBlocked = false
    pair.shakeHands()
    #expect(pair.client.failure == .peer(TLSAlert(rawValue: 20)))
    #expect(pair.server.failure == .local(.keysDiffer))
    #expect(!pair.wasStuck)
  }

  @Test func close_open_isTheEndAtTheOtherSide() throws {
    let pair = try TLSPair.open()
    #expect(pair.client.stream.write([1]) == .bytes(1))
    pair.client.close()
    #expect(pair.server.read() == .bytes([1]))
    #expect(pair.server.read() == .end)
    #expect(pair.server.failure == nil)
  }

  @Test func stream_closed_failsAndTakesNoSession() throws {
    let (client, server) = try (TLSSide(.client), TLSSide(.server))
    let pair = try TLSPair.open(client, server)
    pair.close()
    for _ in 0..<2 {
      #expect(pair.client.stream.read(atMost: 1) == .failed)
      #expect(pair.client.stream.write([1]) == .failed)
      #expect(pair.client.stream.open() == .failed)
      pair.client.stream.finishWriting()
      #expect(!pair.client.stream.hasUnreadInput)
    }
    #expect(client.sessions.usedCount == 0)
    #expect(server.sessions.usedCount == 0)
  }

  @Test func renegotiation_isRefusedWithAWarning() throws {
    let server = try TLSSide(.server)
    let pair = try TLSPair.open(nil, server)
    let helloRequest = unsafe RawSession(server).records { ssl in
      unsafe ssl.pointee.out_msgtype = MBEDTLS_SSL_MSG_HANDSHAKE
      unsafe ssl.pointee.out_msglen = 4
      for index in 0..<4 { unsafe ssl.pointee.out_msg[index] = 0 }
      return unsafe mbedtls_ssl_write_record(ssl, 1)
    }
    #expect(pair.loopback.other.write(helloRequest) == .bytes(helloRequest.count))
    pair.client.faults.forgetWritten()
    #expect(pair.client.read() == .nothingYet)
    #expect(TLSRecord.records(of: pair.client.faults.written).map(\.type) == [TLSRecord.alertType])
    pair.exchange(toServer: [1], toClient: [2])
    #expect(pair.server.received == [1])
    #expect(pair.client.received == [2])
  }
}
