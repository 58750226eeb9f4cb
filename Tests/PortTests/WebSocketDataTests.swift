import DeviceCore
import Port
import PortWebSocket
import Testing

/// Messages through both ends of a WebSocket, and from a peer that fragments.
@Suite struct WebSocketDataTests {
  @Test(arguments: [1, 2, 3, 7, 1000], [17, 300, 20_000])
  func messages_bothWaysInPieces_areTheSame(piece: Int, capacity: Int) throws {
    var limits = Limits()
    limits.maximumMessageByteCount = 100_000
    for output in [256, 512, 3000] {
      let pair = try WebSocketPair(capacity: capacity, piece: piece, output: output, limits: limits)
      try #require(pair.shakeHands())
      let sizes = [0, 1, 11, 12, 120, 123, 124, 267, 268, 269, 1000] + (piece > 100 ? [65_000, 66_000] : [])
      let up = sizes.flatMap { streamMessage(token: [1, 2], payload: .pattern($0, seed: 5)) }
      let down = sizes.reversed().flatMap { streamMessage(payload: .pattern($0, seed: 6)) }
      let (atServer, atClient) = transfer(pair, up: up, down: down, space: 1 + piece % 40)
      #expect(atServer.firstDifference(from: up) == nil)
      #expect(atClient.firstDifference(from: down) == nil)
    }
  }

  /// Property: any messages in any fragments with control frames between them, written in any pieces and read into
  /// any spaces, come through unchanged, and every Ping is heard.
  @Test(arguments: 1...60)
  func randomTraffic_fragmented_isTheSame(seed: Int) throws {
    var random = SeededRandom(UInt64(seed))
    let side = WebSocketSide(fragments: 3000, output: 256)
    let loopback = LoopbackPair(capacity: random.below(3000) + 20)
    let faults = Faults(holding: loopback, side)
    faults.longestRead = random.below(600) + 1
    faults.longestWrite = random.below(600) + 1
    var limits = Limits()
    limits.maximumMessageByteCount = 2990
    var stream = try #require(side.accept(FaultInjector(loopback.other, faults), limits: limits))
    var peer = loopback.one
    var frames = webSocketRequest()
    var messages: [UInt8] = []
    for _ in 0..<random.below(20) + 1 {
      let token = [UInt8].pattern(random.below(9), seed: UInt32(seed))
      let payload = [UInt8].pattern(random.below(random.below(2) == 0 ? 20 : 2900), seed: UInt32(seed))
      let message = streamMessage(token: token, payload: payload)
      messages += message
      frames += fragmented(
        [UInt8(token.count), 0x45] + token + (payload.isEmpty ? [] : [0xff] + payload), &random)
    }
    var received: [UInt8] = []
    var isOpen = false
    for _ in 0..<100_000 where received.count < messages.count {
      if !frames.isEmpty, case .bytes(let count) = peer.write(Array(frames.prefix(random.below(900) + 1))) {
        frames.removeFirst(count)
      }
      // The peer reads its Pongs.
      _ = peer.read(atMost: 4096)
      if !isOpen {
        isOpen = stream.open() == .open
        continue
      }
      if case .bytes(let bytes) = stream.read(atMost: random.below(2) == 0 ? 1 + random.below(30) : 2000) {
        received += bytes
      }
    }
    #expect(received.firstDifference(from: messages) == nil)
    #expect(stream.failure == nil)
    stream.close()
    #expect(side.sessions.usedCount == 0)
  }

  /// WS-09
  @Test func masks_ofAClient_areFreshForEveryFrame() throws {
    let pair = try WebSocketPair()
    try #require(pair.shakeHands())
    pair.clientFaults.forgetWritten()
    for index in 0..<200 { #expect(pair.client.write(streamMessage(payload: [UInt8(index)])) == .bytes(4)) }
    // Each frame: two bytes, the key, and four bytes of message.
    let frames = pair.clientFaults.written
    #expect(frames.count == 200 * 10)
    let keys = stride(from: 0, to: frames.count, by: 10).map { Array(frames[$0 + 2..<$0 + 6]) }
    #expect(Set(keys).count == 200)
    #expect(!keys.contains([0, 0, 0, 0]))
  }

  /// WS-10
  @Test func frames_ofAServer_areNotMasked_andLeaveInOneWrite() throws {
    let pair = try WebSocketPair()
    try #require(pair.shakeHands())
    pair.serverFaults.forgetWritten()
    let messages = streamMessage(token: [7], payload: [1, 2]) + streamMessage(payload: .pattern(200))
    #expect(pair.server.write(messages) == .bytes(messages.count))
    let payload = [0, 0x45, 0xff] + [UInt8].pattern(200)
    #expect(
      pair.serverFaults.written == [0x82, 6, 1, 0x45, 7, 0xff, 1, 2] + webSocketFrame(0x82, payload))
  }

  @Test func client_withoutRandomBits_fails() throws {
    let side = WebSocketSide()
    side.board.hasEntropy = false
    let loopback = LoopbackPair(capacity: 100)
    #expect(throws: WebSocketFault.lacksCryptography) { try side.dial(loopback.one) }
    #expect(side.sessions.usedCount == 0)
    side.board.hasEntropy = true
    let pair = try WebSocketPair()
    try #require(pair.shakeHands())
    withExtendedLifetime((side, loopback)) {}
  }

  @Test func write_transportFull_tellsOfTheBytesWhenTheyAreOut() throws {
    let pair = try WebSocketPair()
    try #require(pair.shakeHands())
    pair.serverFaults.isBlocked = true
    pair.serverFaults.forgetWritten()
    let message = streamMessage(payload: [1, 2, 3])
    #expect(pair.server.write(message) == .nothingYet)
    #expect(pair.server.write(message) == .nothingYet)
    pair.serverFaults.isBlocked = false
    // The caller has more by now.
    #expect(pair.server.write(message + message) == .bytes(2 * message.count))
    let frame = webSocketFrame(0x82, [0, 0x45, 0xff, 1, 2, 3])
    #expect(pair.serverFaults.written == frame + frame)
  }

  /// W-13: a Ping within a message that is half written is answered behind it.
  @Test func ping_whileAMessageIsHalfWritten_isAnsweredBehindIt() throws {
    let pair = try WebSocketPair(capacity: 300, output: 256)
    try #require(pair.shakeHands())
    pair.serverFaults.forgetWritten()
    let message = streamMessage(payload: .pattern(900))
    guard case .bytes(let first) = pair.server.write(message) else {
      Issue.record("nothing was taken")
      return
    }
    #expect(first < message.count)
    let ping = webSocketFrame(0x89, [9, 8], mask: [1, 2, 3, 4])
    var peer = pair.clientBase
    #expect(peer.write(ping) == .bytes(ping.count))
    #expect(pair.server.read(atMost: 100) == .nothingYet)
    var rest = Array(message.dropFirst(first))
    for _ in 0..<100 where !rest.isEmpty || pair.serverFaults.written.count < 910 {
      _ = peer.read(atMost: 4096)
      if !rest.isEmpty, case .bytes(let count) = pair.server.write(rest) { rest.removeFirst(count) }
      _ = pair.server.read(atMost: 100)
    }
    let frame = webSocketFrame(0x82, [0, 0x45, 0xff] + .pattern(900))
    #expect(pair.serverFaults.written == frame + webSocketFrame(0x8a, [9, 8]))
  }

  @Test func sha1_ofTheLibrary_isRight() {
    let digest = LibrarySHA1.sha1(Array("abc".utf8).span)
    #expect(digest?[0] == 0xa9 && digest?[1] == 0x99 && digest?[19] == 0x9d)
  }
}

private func transfer(
  _ pair: WebSocketPair, up: [UInt8], down: [UInt8], space: Int
) -> (atServer: [UInt8], atClient: [UInt8]) {
  var (sentUp, sentDown) = (0, 0)
  var (atServer, atClient): ([UInt8], [UInt8]) = ([], [])
  for round in 0..<500_000 where atServer.count < up.count || atClient.count < down.count {
    if sentUp < up.count, case .bytes(let count) = pair.client.write(Array(up[sentUp...].prefix(5000))) {
      sentUp += count
    }
    if sentDown < down.count,
      case .bytes(let count) = pair.server.write(Array(down[sentDown...].prefix(5000)))
    {
      sentDown += count
    }
    let size = round % 3 == 0 ? space : 700
    if case .bytes(let bytes) = pair.server.read(atMost: size) { atServer += bytes }
    if case .bytes(let bytes) = pair.client.read(atMost: size) { atClient += bytes }
  }
  return (atServer, atClient)
}

/// One message in random fragments, with Pings and Pongs between them.
private func fragmented(_ payload: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
  var frames: [UInt8] = []
  var rest = payload[...]
  var first: UInt8 = 2
  while true {
    if random.below(4) == 0 {
      frames += webSocketFrame(
        random.below(2) == 0 ? 0x89 : 0x8a, .pattern(random.below(126)), mask: random.mask())
    }
    let count = random.below(3) == 0 ? rest.count : random.below(rest.count + 1)
    let part = Array(rest.prefix(count))
    rest = rest.dropFirst(count)
    frames += webSocketFrame(first | (rest.isEmpty ? 0x80 : 0), part, mask: random.mask())
    first = 0
    if rest.isEmpty { return frames }
  }
}
