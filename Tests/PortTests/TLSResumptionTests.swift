import CMbedTLS
import Port
import PortTLS
import Testing

@Suite struct TLSResumptionTests {
  private let client: TLSSide
  private let server: TLSSide

  init() throws {
    client = try TLSSide(.client)
    server = try TLSSide(.server)
    try server.context.offerTickets()
  }

  private func connect(saved: [UInt8] = []) throws -> TLSPair {
    try TLSPair(client, server, saved: saved)
  }

  private func save() throws -> [UInt8] {
    let pair = try connect()
    try #require(pair.shakeHands())
    defer { pair.close() }
    return try #require(pair.client.savedSession())
  }

  @Test func handshake_savedSession_isResumedAndShorter() throws {
    let first = try connect()
    try #require(first.shakeHands())
    let firstSuite = first.client.stream.cipherSuite
    #expect(!first.client.stream.isResumed)
    let saved = try #require(first.client.savedSession())
    first.close()
    let second = try connect(saved: saved)
    #expect(second.shakeHands())
    #expect(second.client.stream.isResumed)
    #expect(second.server.stream.isResumed)
    #expect(second.client.stream.cipherSuite == firstSuite)
    #expect(second.writtenCount < first.writtenCount)
    second.exchange(toServer: [1], toClient: [2])
    #expect(second.server.received == [1])
    #expect(second.client.received == [2])
  }

  @Test func saveSession_tooLittleSpace_isNil() throws {
    let pair = try connect()
    try #require(pair.shakeHands())
    #expect(pair.client.savedSession(capacity: 20) == nil)
  }

  @Test func saveSession_beforeTheHandshakeIsOver_isNil() throws {
    let pair = try connect()
    #expect(pair.client.savedSession() == nil)
    pair.client.advanceHandshake()
    #expect(pair.client.savedSession() == nil)
  }

  @Test func handshake_afterTheServerHasRestarted_isAFullOne() throws {
    let saved = try save()
    let restarted = try TLSSide(.server, board: TestBoard(seed: 99))
    try restarted.context.offerTickets()
    let pair = try TLSPair(client, restarted, saved: saved)
    #expect(pair.shakeHands())
    #expect(!pair.client.stream.isResumed)
  }

  @Test func handshake_serverWithoutTickets_isAFullOne() throws {
    let saved = try save()
    let pair = try TLSPair(client, TLSSide(.server), saved: saved)
    #expect(pair.shakeHands())
    #expect(!pair.client.stream.isResumed)
  }

  @Test func handshake_savedSessionCutShort_isAFullOne() throws {
    let saved = try save()
    for count in stride(from: 0, to: saved.count, by: 3) {
      let pair = try connect(saved: Array(saved.prefix(count)))
      #expect(pair.shakeHands(), "\(count)")
      #expect(!pair.client.stream.isResumed)
      pair.close()
    }
  }

  /// Nothing protects what was saved, so wrong keys are found out by the server only.
  @Test func handshake_savedSessionAltered_isOpenOrFailsForAReason() throws {
    let saved = try save()
    var openCount = 0
    for offset in saved.indices {
      var altered = saved
      altered[offset] ^= 0x01
      let pair = try connect(saved: altered)
      if pair.shakeHands() {
        openCount += 1
      } else {
        #expect(pair.client.failure != nil && pair.server.failure != nil, "\(offset)")
      }
      pair.close()
    }
    #expect(openCount > saved.count / 3)
    #expect(client.sessions.usedCount == 0)
    #expect(server.sessions.usedCount == 0)
  }

  @Test func handshake_noiseAsSavedSession_isAFullOne() throws {
    for seed in UInt32(1)...20 {
      let pair = try connect(saved: .pattern(Int(seed) * 20, seed: seed))
      #expect(pair.shakeHands())
      pair.close()
    }
  }
}
