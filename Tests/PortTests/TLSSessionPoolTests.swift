import CMbedTLS
import Glibc
import Port
import PortTLS
import Testing

@Suite struct TLSSessionPoolTests {
  @Test func pool_allTaken_letsPeersWait_andTakesSessionsBack() throws {
    let (client, server) = try (TLSSide(.client, sessionCount: 3), TLSSide(.server, sessionCount: 2))
    let pairs = try (0..<2).map { _ in try TLSPair.open(client, server) }
    #expect(server.sessions.usedCount == 2)
    let loopback = LoopbackPair(capacity: 10)
    var listener = SecurableListener(
      securing: SingleStreamListener(loopback.other), context: server.context, sessions: server.sessions,
      board: server.board, requiresApplicationProtocol: false)
    #expect(listener.accept() == nil)
    for pair in pairs { pair.close() }
    #expect(server.sessions.usedCount == 0)
    #expect(client.sessions.usedCount == 0)
    var accepted = listener.accept()
    #expect(accepted != nil, "it has waited")
    accepted?.close()
    #expect(server.sessions.usedCount == 0)
  }

  @Test func pool_after1000FailedHandshakes_isWhole() throws {
    let client = try TLSSide(.client, suite: MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8)
    let server = try TLSSide(.server)
    for number in 0..<1000 { try failHandshake(number, client, server) }
    #expect(client.sessions.usedCount == 0)
    #expect(server.sessions.usedCount == 0)
    #expect(try TLSPair(client, server).shakeHands())
  }

  /// In a process of its own, for the heap is everybody's.
  @Test func heap_afterManyHandshakes_isWhatItWas() async {
    await #expect(processExitsWith: .success) {
      let (client, server) = try (TLSSide(.client), TLSSide(.server))
      try server.context.offerTickets()
      func round() throws {
        for number in 0..<60 { try failHandshake(number, client, server) }
        let pair = try TLSPair(client, server)
        guard pair.shakeHands(), let saved = pair.client.savedSession() else { exit(2) }
        pair.close()
        let again = try TLSPair(client, server, saved: saved)
        guard again.shakeHands(), again.client.stream.isResumed else { exit(3) }
        again.close()
      }
      // What is allocated once is there after the first round.
      try round()
      guard let before = heapByteCount() else { exit(5) }
      for _ in 0..<5 { try round() }
      guard let after = heapByteCount() else { exit(5) }
      // One session that is not freed is 40 KB, one certificate or ticket 200 bytes, and there were 300.
      guard after - before < 10_000 else { exit(4) }
    }
  }
}

/// Fails in one of several ways: an altered random number, either end cut, no TLS.
private func failHandshake(_ number: Int, _ client: TLSSide, _ server: TLSSide) throws {
  let pair = try TLSPair(client, server)
  switch number % 4 {
  case 0: pair.client.faults.alteredOffset = 11 + number % 32
  case 1: pair.client.faults.cutOffset = number % 100
  case 2: pair.server.faults.cutOffset = number % 100
  default: _ = pair.loopback.one.write(.pattern(20, seed: UInt32(number)))
  }
  pair.shakeHands()
  #expect(!pair.client.isOpen || !pair.server.isOpen || pair.client.read() == .failed)
  pair.close()
}
