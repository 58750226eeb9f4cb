import DeviceCore
import Port
import PortTLS
import PortWebSocket
import Testing

/// A device on coap+ws, with good clients and bad ones: afterwards the slot and the session are free.
@Suite struct WebSocketDeviceTests {
  @Test(arguments: [20_000, 64])
  func request_overAWebSocket_isAnswered(capacity: Int) throws {
    let (clientSide, serverSide) = (WebSocketSide(seed: 3), WebSocketSide(seed: 4))
    let loopback = LoopbackPair(capacity: capacity)
    let host = TestDevice(
      serverSide.listener(SingleStreamListener(loopback.other)), slotCount: 1, board: serverSide.board)
    var stream = try #require(try clientSide.dial(loopback.one))
    for _ in 0..<1000 where stream.open() != .open { host.step() }
    try exchange(over: stream, host)
    #expect(clientSide.sessions.usedCount == 0)
    #expect(serverSide.sessions.usedCount == 0)
  }

  /// coaps+ws
  @Test func request_overAWebSocketOverTLS_isAnswered() throws {
    let (clientSide, serverSide) = (WebSocketSide(seed: 3), WebSocketSide(seed: 4))
    let (clientTLS, serverTLS) = try (TLSSide(.client), TLSSide(.server))
    let loopback = LoopbackPair(capacity: 1000)
    let listener = SecurableListener(
      securing: SingleStreamListener(loopback.other), context: serverTLS.context,
      sessions: serverTLS.sessions, board: serverTLS.board, requiresApplicationProtocol: false)
    let host = TestDevice(serverSide.listener(listener), slotCount: 1, board: serverSide.board)
    var board = clientTLS.board
    let none: [UInt8] = []
    let dialled = TLSStream(
      dialling: loopback.one, server: none.span, context: clientTLS.context, sessions: clientTLS.sessions,
      board: &board, saved: none.span, requiresApplicationProtocol: false)
    let secured = try #require(dialled)
    var stream = try #require(try clientSide.dial(secured))
    for _ in 0..<1000 where stream.open() != .open { host.step() }
    #expect(stream.isSecured)
    try exchange(over: stream, host)
    #expect(clientSide.sessions.usedCount + serverSide.sessions.usedCount == 0)
    #expect(clientTLS.sessions.usedCount + serverTLS.sessions.usedCount == 0)
  }

  private func exchange<S: ByteStream, L: Listener>(over stream: S, _ host: TestDevice<L>) throws {
    var stream = stream
    #expect(stream.open() == .open)
    let client = TestEndpoint(stream, role: .initiator)
    try client.post([1, 2, 3])
    try client.post(.pattern(900))
    drive(client, host) { client.events.count >= 3 }
    #expect(client.payload == .pattern(900))
    client.release()
    drive(client, host) { host.isIdle }
    #expect(client.settle() == .over)
    #expect(host.notes.events.last == .closed(.releasedByPeer))
    #expect(client.events.last == .closed(.released))
    #expect(client.failure == nil)
    #expect(host.notes.failures.isEmpty)
  }

  /// H9: the first frames come with the request.
  @Test func frames_withTheHandshake_areNotLost() throws {
    let peer = RawPeer()
    peer.send(webSocketRequest() + peer.frame([0, 0xe1]) + peer.echo([5], token: 9))
    peer.settle()
    #expect(peer.received.starts(with: Array("HTTP/1.1 101 ".utf8)))
    #expect(peer.received.suffix(7) == [0x82, 5, 1, 0x44, 9, 0xff, 5])
  }

  // MARK: Bad input

  @Test(arguments: [
    ("POST /.well-known/coap HTTP/1.1\r\n\r\n", 405, WebSocketFault.methodNotGet),
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 404, .pathUnknown),
    ("GET /.well-known/coap HTTP/1.1\r\n\r\n", 400, .hostMissing),
    ("\u{16}\u{03}\u{01}\r\n\r\n", 400, .requestMalformed),
    (
      "GET /.well-known/coap HTTP/1.1\r\nCookie: \(String(repeating: "x", count: 20_000))", 431,
      .headerTooLarge
    ),
  ])
  func handshake_thatIsNone_isRefusedWithAReason(text: String, status: Int, fault: WebSocketFault) {
    let peer = RawPeer()
    peer.send(Array(text.utf8))
    peer.settle()
    #expect(peer.text.hasPrefix("HTTP/1.1 \(status) "))
    #expect(peer.text.hasSuffix("\n"))
    peer.expectFree(after: .seconds(2), [.webSocket(fault)])
  }

  /// WS-08
  @Test func origin_thatIsForeign_is403_andTheOtherOneIsServed() {
    let peer = RawPeer()
    peer.send(webSocketRequest("Origin: https://evil.example\r\n"))
    peer.settle()
    #expect(peer.text.hasPrefix("HTTP/1.1 403 "))
    peer.expectFree(after: .seconds(2), [.webSocket(.originForeign)])
    let page = RawPeer()
    page.send(webSocketRequest("Origin: https://page.example\r\n"))
    page.settle()
    #expect(page.text.hasPrefix("HTTP/1.1 101 "))
  }

  @Test func handshake_cutShort_freesTheSlot() {
    let peer = RawPeer()
    peer.send(Array(webSocketRequest().prefix(60)))
    peer.stream.finishWriting()
    peer.settle()
    #expect(peer.received.isEmpty)
    peer.expectFree(after: Milliseconds(0), [.webSocket(.closedInHandshake)])
  }

  @Test func handshake_thatStalls_isGivenUp() {
    let peer = RawPeer()
    peer.send(Array(webSocketRequest().prefix(60)))
    peer.settle()
    #expect(peer.sessions.usedCount == 1)
    peer.expectFree(after: .seconds(30), [.webSocket(.handshakeUnfinished)])
  }

  @Test(
    arguments: [
      ([0x82, 0x03, 1, 2, 3], 1002, WebSocketFault.unmaskedFrame),
      ([0x81, 0x81, 0, 0, 0, 0, 0x41], 1003, .textMessage),
      ([0x82, 0xff, 0x10, 0, 0, 0, 0, 0, 0, 0], 1009, .messageTooLarge),
      ([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], 1002, .lengthImpossible),
      ([0xc2, 0x80, 0, 0, 0, 0], 1002, .reservedBits),
      ([0x82, 0x83, 0, 0, 0, 0, 0x11, 1, 2], 1002, .lengthNotZero),
      ([0x82, 0x80, 0, 0, 0, 0], 1002, .messageTruncated),
      ([0x88, 0x81, 0, 0, 0, 0, 3], 1002, .closeInvalid),
    ] as [([UInt8], Int, WebSocketFault)])
  func frame_thatIsWrong_isToldByTheRightCode(frame: [UInt8], code: Int, fault: WebSocketFault) {
    let peer = RawPeer()
    peer.shakeHands()
    peer.send(frame)
    peer.settle()
    #expect(peer.received.suffix(4) == [0x88, 2, UInt8(code >> 8), UInt8(code & 0xff)])
    let hasAborted = peer.received.count > 4 && peer.received[3] == 0xe5
    #expect(hasAborted == fault.isAboutCoAP)
    peer.expectFree(after: .seconds(2), [.webSocket(fault)])
  }

  @Test func fragments_withoutEnd_endWith1009() {
    let peer = RawPeer()
    peer.shakeHands()
    peer.send(peer.frame([0, 1], first: 2))
    for _ in 0..<200 {
      peer.send(peer.frame(.pattern(10), first: 0))
      peer.settle()
    }
    #expect(peer.received.suffix(4) == [0x88, 2, 0x03, 0xf1])
    peer.expectFree(after: .seconds(2), [.webSocket(.messageTooLarge)])
  }

  /// A page that closes in the middle of a message.
  @Test func peer_goneWithinAFrame_freesTheSlot() {
    let peer = RawPeer()
    peer.shakeHands()
    peer.send(Array(peer.echo(.pattern(7), token: 1).dropLast(3)))
    peer.settle()
    peer.stream.close()
    peer.expectFree(after: Milliseconds(0), [])
  }

  @Test func peer_goneWithinAFragmentedMessage_freesTheSlot() {
    let peer = RawPeer()
    peer.shakeHands()
    peer.send(peer.frame([0, 1, 2], first: 2))
    peer.settle()
    peer.stream.finishWriting()
    peer.expectFree(after: Milliseconds(0), [])
  }

  @Test func stop_releases_thenClosesWith1000() {
    let peer = RawPeer()
    peer.shakeHands()
    peer.host.stop()
    peer.settle()
    #expect(peer.received.count > 3 && peer.received[3] == 0xe4, "no Release")
    peer.send(peer.frame([0x03, 0xe8], first: 0x88))
    peer.settle()
    #expect(peer.received.suffix(4) == [0x88, 2, 0x03, 0xe8])
    #expect(peer.host.isIdle)
    #expect(peer.sessions.usedCount == 0)
  }

  @Test func pings_inAFlood_areAnswered_andHoldUpNothing() {
    let peer = RawPeer()
    peer.shakeHands()
    for index in 0..<500 {
      peer.send(peer.frame([UInt8(index & 0xff)], first: 0x89))
      if index % 7 == 0 { peer.settle() }
    }
    peer.received = []
    peer.send(peer.echo([6], token: 2))
    peer.settle()
    #expect(peer.received.suffix(7) == [0x82, 5, 1, 0x44, 2, 0xff, 6])
  }

  // MARK: Clients

  @Test(arguments: [
    ("HTTP/1.1 404 Not Found\r\n\r\n", WebSocketFault.refused(status: 404)),
    (
      "HTTP/1.1 101 -\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\nSec-WebSocket-Protocol: coap\r\n\r\n",
      .acceptWrong
    ),
    ("SSH-2.0-OpenSSH_9.2\r\nhello\r\n", .responseMalformed),
  ])
  func server_thatIsNone_isAFailure(answer: String, fault: WebSocketFault) throws {
    let side = WebSocketSide()
    let loopback = LoopbackPair(capacity: 1000)
    var stream = try #require(try side.dial(loopback.one))
    #expect(stream.open() == .nothingYet)
    _ = loopback.other.write(Array(answer.utf8))
    #expect(stream.open() == .failed)
    #expect(stream.failure == .webSocket(fault))
    stream.close()
    #expect(side.sessions.usedCount == 0)
  }

  @Test func server_thatCloses_isAFailure() throws {
    let side = WebSocketSide()
    let loopback = LoopbackPair(capacity: 1000)
    var stream = try #require(try side.dial(loopback.one))
    loopback.other.finishWriting()
    #expect(stream.open() == .failed)
    #expect(stream.failure == .webSocket(.closedInHandshake))
  }
}

private func drive<S: ByteStream, L: Listener>(
  _ client: TestEndpoint<S>, _ host: TestDevice<L>, until isDone: () -> Bool
) {
  for _ in 0..<1000 where !isDone() {
    client.settle()
    host.step()
  }
}

/// A client of a device that does what the test says.
final class RawPeer {
  let host: TestDevice<WebSocketListener<SingleStreamListener<LoopbackStream>, TestBoard, LibrarySHA1>>
  let sessions: WebSocketSessionPool
  var stream: LoopbackStream
  var received: [UInt8] = []
  private let side = WebSocketSide()
  private let loopback = LoopbackPair(capacity: 40_000)

  init() {
    stream = loopback.one
    sessions = side.sessions
    host = TestDevice(side.listener(SingleStreamListener(loopback.other)), slotCount: 1)
  }

  var text: String { String(decoding: received, as: UTF8.self) }

  func send(_ bytes: [UInt8]) { #expect(stream.write(bytes) == .bytes(bytes.count)) }

  /// Lets the device act, and reads.
  func settle() {
    for _ in 0..<20 {
      host.step()
      if case .bytes(let bytes) = stream.read(atMost: 40_000) { received += bytes }
    }
  }

  /// The opening handshake and both CSMs.
  func shakeHands() {
    send(webSocketRequest())
    settle()
    send(frame([0, 0xe1]))
    settle()
    #expect(text.hasPrefix("HTTP/1.1 101 "))
    received = []
  }

  func frame(_ payload: [UInt8], first: UInt8 = 0x82) -> [UInt8] {
    webSocketFrame(first, payload, mask: [0x37, 0xfa, 0x21, 0x3d])
  }

  func echo(_ payload: [UInt8], token: UInt8) -> [UInt8] {
    frame([1, 0x02, token, 0xb4] + Array("echo".utf8) + [0xff] + payload)
  }

  /// At the latest after this time nothing of the connection is left.
  func expectFree(
    after span: Milliseconds, _ failures: [TLSFailure], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    settle()
    host.board.advance(by: span)
    settle()
    #expect(host.isIdle, sourceLocation: sourceLocation)
    #expect(sessions.usedCount == 0, sourceLocation: sourceLocation)
    #expect(host.notes.failures == failures, sourceLocation: sourceLocation)
  }
}
