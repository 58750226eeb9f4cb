@testable import DeviceCore
@testable import Scenarios

// Doors 3 to 6: WebSocket bytes and opening handshakes, on both sides.

func fuzzWebSocket(_ tape: inout Tape, _ role: WebSocketRole) {
  var limits = Limits()
  limits.framingByteCount = 4
  let choice = tape.byte()
  if choice & 1 != 0 { limits.maximumMessageByteCount = 200 }
  if choice & 2 != 0 { limits.drainByteCount = 2000 }
  if choice & 4 != 0 { limits.maximumTokenByteCount = 300 }
  let conclusion = tape.byte()
  var cuts = Cuts(&tape)
  var end = WebSocketEnd(role, limits: limits, fragmentCapacity: choice & 8 != 0 ? 256 : 2048)
  end.end.handler.largeByteCount = 300
  var judge = Judge(mayAsk: true)
  judge.skipCapabilities()
  if choice & 16 != 0 { _ = end.end.ask(padding: 40) }
  if choice & 32 != 0 { _ = end.end.ping() }
  end.run()
  judge.lookAtFrames(&end.wire, fromClient: role == .client)
  var rest = tape.rest
  while rest.count > 0 {
    let count = cuts.piece(of: rest.count)
    let (wasOver, requests) = (!end.end.connection.isLive, end.end.tally.requests)
    end.feed(rest.extracting(first: count))
    if wasOver { require(end.end.tally.requests == requests, "reads on behind its end") }
    judge.lookAtFrames(&end.wire, fromClient: role == .client)
    rest = rest.extracting(droppingFirst: count)
    guard cuts.hasEvent() else { continue }
    switch cuts.random.below(6) {
    case 0: end.end.now = end.end.now + Milliseconds(UInt32(cuts.random.below(100_000)))
    case 1: _ = end.end.ask(padding: cuts.random.below(60))
    case 2: _ = end.end.ping(custody: true)
    case 3 where cuts.random.oneIn(4): end.end.connection.release(at: end.end.now)
    default: end.end.handler.answersDeferred.toggle()
    }
    end.run()
    judge.lookAtFrames(&end.wire, fromClient: role == .client)
  }
  conclude(&end, conclusion, &judge, role)
}

/// The end of the connection; that of the WebSocket went out before, if it did.
@inline(never)
private func conclude(_ end: inout WebSocketEnd, _ choice: UInt8, _ judge: inout Judge, _ role: WebSocketRole)
{
  end.end.handler.answersDeferred = true
  switch choice % 4 {
  case 0: end.end.connection.abort("the end", at: end.end.now)
  case 1: end.end.connection.receiveEnd(at: end.end.now)
  case 2: end.end.connection.release(at: end.end.now)
  default: break
  }
  var steps = 0
  while !end.end.connection.isOver {
    end.run()
    judge.lookAtFrames(&end.wire, fromClient: role == .client)
    steps += 1
    if steps > 60 || end.end.connection.deadline == nil { end.end.connection.transportFailed() }
    end.end.waitForDeadline()
    require(steps < 80, "does not come to an end")
  }
  end.run()
  judge.lookAtFrames(&end.wire, fromClient: role == .client)
  require(end.end.tally.closed == 1 && end.end.tally.illegal == 0, "tells what cannot be")
  require(end.end.tally.outstanding == 0, "leaves a request without an end")
  require(end.end.handler.waitingCount == 0, "abandons no request")
  end.end.connection.requireEmpty()
  let requests = end.end.tally.requests
  end.feed(role == .server ? "828300000000010177" : "8203010177")
  judge.lookAtFrames(&end.wire, fromClient: role == .client)
  require(end.end.tally.requests == requests, "reads on behind its end")
  end.session.free()
  require(end.session.phase == .free && !end.session.isHandshaking, "is not free")
}

// MARK: The opening handshake

func fuzzUpgrade(_ tape: inout Tape, _ role: WebSocketRole) {
  let capacity = tape.flag() ? 256 : 1024
  var cuts = Cuts(&tape)
  let text = tape.rest
  var whole = UpgradeRun(role, capacity)
  whole.feed(text)
  let (phase, sum) = (whole.session.phase, whole.outputChecksum)
  whole.check(text)
  var parts = UpgradeRun(role, capacity)
  var rest = text
  while rest.count > 0 {
    let count = cuts.piece(of: rest.count)
    parts.feed(rest.extracting(first: count))
    rest = rest.extracting(droppingFirst: count)
  }
  require(parts.session.phase == phase, "comes to another end when the handshake is cut otherwise")
  require(parts.outputChecksum == sum, "answers otherwise when the handshake is cut otherwise")
}

/// One end of an opening handshake.
private struct UpgradeRun: ~Copyable {
  var session: WebSocketSession
  private let role: WebSocketRole

  init(_ role: WebSocketRole, _ capacity: Int) {
    self.role = role
    Region.clientReceive.fence(capacity)
    Region.clientTransmit.fence(1024)
    session = unsafe WebSocketSession(
      memory: WebSocketMemory(
        fragments: Region.clientReceive.bytes(capacity), output: Region.clientTransmit.bytes(1024)))
    if role == .server {
      session.accept(origins: WebSocketOrigins("https://page.example"), largestMessage: 1152)
    } else {
      let host: StaticString = "example.org"
      do throws(WebSocketFault) {
        try session.dial(
          host: host.bytes, nonce: WebSocketEnd.nonce, digest: SHA1.self, largestMessage: 1152)
      } catch {
        violate("cannot dial")
      }
      session.didSend(session.pendingOutput.count)
    }
  }

  /// Reads as a stream does: no more than it asks for.
  mutating func feed(_ bytes: Span<UInt8>) {
    var rest = bytes
    while rest.count > 0, session.phase == .handshaking {
      let missing = session.handshakeMissing
      require(missing > 0, "wants nothing and goes on")
      let count = min(missing, rest.count)
      session.receiveHandshake(rest.extracting(first: count), digest: SHA1.self)
      rest = rest.extracting(droppingFirst: count)
    }
  }

  var outputChecksum: UInt32 {
    var sum: UInt32 = 0x811c_9dc5
    let output = session.pendingOutput
    for index in output.indices { sum = (sum ^ UInt32(output[index])) &* 0x0100_0193 }
    return sum
  }

  /// The answer is HTTP, and what was accepted has what RFC 6455 section 4 and RFC 8323 section 4.1 ask for.
  mutating func check(_ text: Span<UInt8>) {
    let output = session.pendingOutput
    switch session.phase {
    case .handshaking: require(output.isEmpty, "answers before the end of the handshake")
    case .open:
      require(text.mentions("upgrade") && text.mentions("websocket"), "takes what is no upgrade")
      require(text.mentions("sec-websocket-protocol") && text.mentions("coap"), "takes another subprotocol")
      require(
        text.mentions("\r\n\r\n") || text.mentions("\n\n") || text.mentions("\n\r\n"),
        "takes half a handshake")
      if role == .server {
        require(text.mentions("sec-websocket-key") && text.mentions("13"), "takes what has no key")
        require(text.mentions("/.well-known/coap"), "takes another path")
        require(output.mentions("http/1.1 101 "), "does not say 101")
      } else {
        require(text.mentions("s3pplmbitxaq9kygzzhzrbk+xoo="), "takes another Accept")
        require(output.isEmpty, "answers an answer")
      }
    case .refusing:
      require(role == .server && output.mentions("http/1.1 4"), "refuses without a status")
    case .failed: require(output.isEmpty, "speaks behind its end")
    default: violate("is in another phase")
    }
    if !output.isEmpty { require(output.mentions("\r\n\r\n"), "answers with half a head") }
    let phase = session.phase
    if phase != .handshaking { session.receiveHandshake(text, digest: SHA1.self) }
    require(session.phase == phase, "reads on behind the handshake")
  }
}

extension Span where Element == UInt8 {
  /// Whether the text occurs, whatever the case of letters.
  fileprivate func mentions(_ text: StaticString) -> Bool {
    let text = text.bytes
    var start = 0
    while start + text.count <= count {
      var index = 0
      while index < text.count, self[start + index].lowercased == text[index] { index += 1 }
      if index == text.count { return true }
      start += 1
    }
    return false
  }
}
