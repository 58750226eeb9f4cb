import DeviceCore
import Port
import PortTLS
import Testing

/// A device and its client in one process, over TLS: what a board without a network runs.
@Suite struct SecuredDeviceTests {
  private typealias Stream = TLSStream<LoopbackStream>

  @Test(arguments: [20_000, 64])
  func request_overTLSAndALoopback_isAnswered(capacity: Int) throws {
    let (clientSide, serverSide) = try (TLSSide(.client), TLSSide(.server))
    let loopback = LoopbackPair(capacity: capacity)
    let listener = SecurableListener(
      securing: SingleStreamListener(loopback.other), context: serverSide.context,
      sessions: serverSide.sessions, board: serverSide.board, requiresApplicationProtocol: true)
    let host = TestDevice(listener, slotCount: 1, board: serverSide.board)
    var board = clientSide.board
    let none: [UInt8] = []
    let dialled = Stream(
      dialling: loopback.one, server: none.span, context: clientSide.context, sessions: clientSide.sessions,
      board: &board, saved: none.span, requiresApplicationProtocol: true)
    var stream = try #require(dialled)
    for _ in 0..<1000 where stream.open() != .open { host.step() }
    #expect(stream.open() == .open)
    let client = TestEndpoint(stream, role: .initiator)
    try client.post([1, 2, 3])
    try client.post(.pattern(300))
    drive(client, host) { client.events.count >= 3 }
    #expect(client.payload == .pattern(300))
    #expect(host.notes.failures.isEmpty)
    client.release()
    drive(client, host) { host.isIdle }
    #expect(client.settle() == .over)
    #expect(host.notes.events.last == .closed(.releasedByPeer))
    #expect(client.events.last == .closed(.released))
    #expect(client.failure == nil)
    #expect(host.notes.failures.isEmpty)
    #expect(clientSide.sessions.usedCount == 0)
    #expect(serverSide.sessions.usedCount == 0)
    withExtendedLifetime((clientSide, serverSide, loopback)) {}
  }

  @Test func handshake_thatNeverComes_isGivenUp_andItsSessionComesBack() throws {
    let serverSide = try TLSSide(.server)
    let loopback = LoopbackPair(capacity: 100)
    let listener = SecurableListener(
      securing: SingleStreamListener(loopback.other), context: serverSide.context,
      sessions: serverSide.sessions, board: serverSide.board, requiresApplicationProtocol: true)
    let host = TestDevice(listener, board: serverSide.board)
    let deadline = try #require(host.step())
    #expect(deadline == host.board.now + .seconds(30))
    #expect(serverSide.sessions.usedCount == 1)
    host.board.advance(by: .seconds(30))
    #expect(host.step() == nil)
    #expect(host.notes.failures == [.local(.handshakeTimedOut)])
    #expect(serverSide.sessions.usedCount == 0)
    #expect(loopback.one.read(atMost: 1) == .end)
  }

  @Test func plainCoAP_toASecuredDevice_isToldAndEnded() throws {
    let serverSide = try TLSSide(.server)
    let loopback = LoopbackPair(capacity: 100)
    let listener = SecurableListener(
      securing: SingleStreamListener(loopback.other), context: serverSide.context,
      sessions: serverSide.sessions, board: serverSide.board, requiresApplicationProtocol: true)
    let host = TestDevice(listener, board: serverSide.board)
    _ = loopback.one.write(TestMessage.csm + TestMessage.echo([1], token: 1))
    host.step()
    #expect(loopback.one.read(atMost: 100) == .bytes([21, 3, 3, 0, 2, 2, 10]))
    #expect(loopback.one.read(atMost: 100) == .end)
    #expect(!host.isIdle)
    loopback.one.close()
    host.step()
    #expect(host.isIdle)
    #expect(host.notes.failures == [.local(.notTLS)])
    #expect(serverSide.sessions.usedCount == 0)
  }

  private func drive<L: Listener>(
    _ client: TestEndpoint<Stream>, _ host: TestDevice<L>, until isDone: () -> Bool
  ) {
    for _ in 0..<1000 where !isDone() {
      client.settle()
      host.step()
    }
  }
}
