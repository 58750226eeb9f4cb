import CMbedTLS
import DeviceCore
import Port
import PortTLS
import Testing

@Suite struct TLSEntropyTests {
  @Test(arguments: [TLSContext.Role.client, .server])
  func context_boardWithoutRandomBits_isRefused(role: TLSContext.Role) {
    let board = TestBoard()
    board.hasEntropy = false
    #expect(throws: TLSFault.lacksEntropy) { try TLSSide(role, board: board) }
  }

  @Test(arguments: [true, false])
  func handshake_noFreshRandomBitsWhenNeeded_fails(isClient: Bool) throws {
    let (client, server) = try (TLSSide(.client), TLSSide(.server))
    let starved = isClient ? client : server
    starved.board.hasEntropy = false
    starved.demandFreshEntropy()
    let pair = try TLSPair(client, server)
    #expect(!pair.shakeHands())
    let (end, other) = isClient ? (pair.client, pair.server) : (pair.server, pair.client)
    #expect(end.failure == .local(.lacksEntropy))
    // A server that awaits a hello does not look at alerts.
    #expect(other.failure == (isClient ? .local(.malformedHandshake) : .peer(TLSAlert(rawValue: 80))))
    #expect(!pair.wasStuck)
  }

  @Test func handshake_randomBitsComeBack_opens() throws {
    let (client, server) = try (TLSSide(.client), TLSSide(.server))
    server.board.hasEntropy = false
    server.demandFreshEntropy()
    #expect(try !TLSPair(client, server).shakeHands())
    server.board.hasEntropy = true
    // Each handshake gets 64 bytes, which are enough for one seed: ask as seldom as a device does.
    server.demandFreshEntropy(every: 10_000)
    #expect(try TLSPair(client, server).shakeHands())
  }

  @Test func handshake_noRandomBitsAtTheMoment_usesTheGenerator() throws {
    let (client, server) = try (TLSSide(.client), TLSSide(.server))
    client.board.hasEntropy = false
    server.board.hasEntropy = false
    #expect(try TLSPair(client, server).shakeHands())
  }

  @Test func listener_ofABoardThatIsAValue_takesOtherBitsEachTime() throws {
    let server = try TLSSide(.server, sessionCount: 3)
    let board = CountingBoard()
    var listener = SecurableListener(
      securing: EndlessListener(), context: server.context, sessions: server.sessions, board: board,
      requiresApplicationProtocol: false)
    for _ in 0..<3 {
      var accepted = listener.accept()
      server.takeEntropy()
      accepted?.close()
    }
    #expect(board.log.counts == [1, 2, 3])
  }
}

/// Accepts without end; nobody is at the other side.
private struct EndlessListener: Listener {
  private let loopback = LoopbackPair(capacity: 10)
  mutating func accept() -> LoopbackStream? { loopback.one }
}

/// A board that is a value: who keeps a copy of it sees the same bits again.
private struct CountingBoard: Board {
  final class Log { var counts: [UInt8] = [] }

  let log = Log()
  private var count: UInt8 = 0

  var now: Instant { Instant(rawValue: 0) }
  mutating func wait(until deadline: Instant?) {}

  mutating func fillRandom(_ bytes: inout MutableSpan<UInt8>) -> Bool {
    count += 1
    log.counts.append(count)
    for index in bytes.indices { bytes[index] = count }
    return true
  }
}
