import DeviceCore

// Every text of Tests/Vectors/handshakes.json, in one piece, byte by byte and as a stream reads it.

// W-01 W-02 W-06 WS-01 WS-04 WS-05 WS-06 WS-07 WS-08
func webSocketHandshakes_inOnePiece_handledAsListed(_ check: inout Checker) {
  run(pieces: .max, &check)
}

func webSocketHandshakes_byteByByte_handledAsListed(_ check: inout Checker) {
  run(pieces: 1, &check)
}

// H9 H12: no byte of a frame is read with the handshake.
func webSocketHandshakes_asAStreamReads_leaveTheFrames(_ check: inout Checker) {
  run(pieces: 0, &check)
}

/// - Parameter pieces: bytes a read; none for as many as the session asks for.
@inline(never)
private func run(pieces: Int, _ check: inout Checker) {
  for index in 0..<HandshakeVectorTable.count {
    let vector = HandshakeVectorTable.vector(at: index)
    check.subject = vector.id
    run(vector, pieces: pieces, &check)
  }
  check.subject = ""
}

@inline(never)
private func run(_ vector: HandshakeVector, pieces: Int, _ check: inout Checker) {
  var session = WebSocketSession(memory: webSocketMemory())
  var input = ByteStore(.vector)
  input.append(template: vector.text)
  let headCount = input.count
  input.append(hex: vector.frames)
  begin(&session, isServer: vector.isServer, &check)

  var offset = 0
  while session.phase == .handshaking && offset < headCount {
    let limit = pieces == 0 ? input.count : headCount
    let count = min(pieces == 0 ? session.handshakeMissing : pieces, limit - offset)
    session.receiveHandshake(
      input.bytes.extracting(offset..<offset + count), digest: SHA1.self)
    offset += count
  }
  check.expect((session.phase == .open) == vector.isAccepted, "another outcome")
  if vector.isAccepted { check.expect(offset == headCount, "not read to its end, or beyond") }
  if vector.isServer {
    checkAnswer(vector, session.pendingOutput, &check)
  } else {
    check.expect(session.pendingOutput.isEmpty, "output")
    check.expect(vector.isAccepted || session.fault != nil, "no reason")
  }
  guard vector.isAccepted else { return }
  let count = session.pendingOutput.count
  check.expect(session.isHandshaking == vector.isServer, "the answer is part of it")
  session.didSend(count)
  check.expect(!session.isHandshaking, "still shaking hands")
  readFrames(input.bytes.extracting(droppingFirst: headCount), &session, &check)
}

private func begin(_ session: inout WebSocketSession, isServer: Bool, _ check: inout Checker) {
  if isServer {
    session.accept(origins: WebSocketOrigins("https://page.example"), largestMessage: 1152)
    check.expect(session.pendingOutput.isEmpty, "output before the request")
  } else {
    try? session.dial(
      host: ("example.org" as StaticString).bytes, nonce: WebSocketEnd.nonce, digest: SHA1.self,
      largestMessage: 1152)
    let count = session.pendingOutput.count
    session.didSend(count)
  }
}

/// A message that comes with the handshake is not lost.
private func readFrames(
  _ bytes: Span<UInt8>, _ session: inout WebSocketSession, _ check: inout Checker
) {
  guard bytes.count > 0 else { return }
  let start = WebSocketInput.headroom
  let memory = unsafe Region.serverReceive.bytes(100)
  var space = unsafe MutableSpan(_unsafeElements: memory)
  for index in bytes.indices { space[start + index] = bytes[index] }
  let count = session.translate(&space, from: start, to: start + bytes.count)
  check.expect(count == 3 && space[1] >= 0xe1, "no message")
  check.expect(session.violation == nil, "not understood")
}

@inline(never)
private func checkAnswer(
  _ vector: HandshakeVector, _ answer: Span<UInt8>, _ check: inout Checker
) {
  check.expect(answer.count > 40, "no answer")
  guard answer.count > 40 else { return }
  check.expect(answer.extracting(first: 9).isEqual(to: "HTTP/1.1 "), "no HTTP")
  var status: UInt16 = 0
  for index in 9..<12 { status = status * 10 + UInt16(answer[index] - 0x30) }
  check.expect(status == vector.status, "another status")
  switch status {
  case 101:
    check.expect(answer.contains("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"), "no upgrade")
    check.expect(answer.contains("\r\nSec-WebSocket-Protocol: coap\r\n"), "no subprotocol")
    check.expect(!answer.contains("Extensions"), "an extension")
    check.expect(answer.contains(vector.accept), "another Accept")
    check.expect(answer.hasSuffix("\r\n\r\n"), "bytes behind the head")
  case 405: check.expect(answer.contains("\r\nAllow: GET\r\n"), "no Allow")
  case 426: check.expect(answer.contains("\r\nSec-WebSocket-Version: 13\r\n"), "no version")
  default: break
  }
  if status != 101 {
    check.expect(answer.hasSuffix("\n") && !answer.hasSuffix("\r\n"), "no line that says why")
    check.expect(answer.contains("\r\nConnection: close\r\n"), "stays open")
  }
}

// W-02 W-03 U-08 I-05 WS-01 WS-03 WS-22
func webSocketClient_dialling_asksAsTheRFCSays(_ check: inout Checker) {
  var session = WebSocketSession(memory: webSocketMemory())
  try? session.dial(
    host: ("example.org:8080" as StaticString).bytes, nonce: WebSocketEnd.nonce, digest: SHA1.self,
    largestMessage: 1152)
  check.expect(
    session.pendingOutput.isEqual(
      to:
        "GET /.well-known/coap HTTP/1.1\r\nHost: example.org:8080\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: coap\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ), "another request")
  let csm: StaticString = "\0\u{61}"
  check.expect(!session.offer(csm.bytes, mask: 0), "sends before the answer")
}

func webSocketClient_hostThatIsNone_isRefused(_ check: inout Checker) {
  var session = WebSocketSession(memory: webSocketMemory())
  expectFault(.hostMissing, host: "", &session, &check)
  expectFault(.hostMissing, host: "a\r\nCookie: b", &session, &check)
  expectFault(.hostMissing, host: "a b", &session, &check)
  check.expect(session.phase == .free && session.pendingOutput.isEmpty, "not free")
}

private func expectFault(
  _ fault: WebSocketFault, host: StaticString, _ session: inout WebSocketSession,
  _ check: inout Checker
) {
  do throws(WebSocketFault) {
    try session.dial(
      host: host.bytes, nonce: WebSocketEnd.nonce, digest: SHA1.self, largestMessage: 1152)
    check.fail("not refused")
  } catch {
    check.expect(error == fault, "another fault")
  }
}

func webSocketOrigins_list_isComparedWhole(_ check: inout Checker) {
  expectOrigin("*", "https://anything.example", allowed: true, &check)
  expectOrigin("https://a.example http://b:8080", "http://b:8080", allowed: true, &check)
  expectOrigin("https://a.example http://b:8080", "HTTPS://A.example", allowed: true, &check)
  expectOrigin("https://a.example http://b:8080", "http://b:80", allowed: false, &check)
  expectOrigin("https://a.example", "https://a.example.evil", allowed: false, &check)
  expectOrigin("https://a.example", "https://a.exampl", allowed: false, &check)
  expectOrigin("", "null", allowed: false, &check)
  expectOrigin("  ", "", allowed: false, &check)
}

private func expectOrigin(
  _ list: StaticString, _ origin: StaticString, allowed: Bool, _ check: inout Checker
) {
  var session = WebSocketSession(memory: webSocketMemory())
  session.accept(origins: WebSocketOrigins(list), largestMessage: 1152)
  var input = ByteStore(.vector)
  let head: StaticString = HandshakeVectorTable.vector(at: 0).text
  input.append(head.bytes.extracting(first: head.utf8CodeUnitCount - 2))
  input.append(text: "Origin: ")
  input.append(text: origin)
  input.append(text: "\r\n\r\n")
  session.receiveHandshake(input.bytes, digest: SHA1.self)
  check.expect((session.phase == .open) == allowed, "another outcome")
}

/// Memory for one session.
func webSocketMemory(fragments: Int = 256, output: Int = 512) -> WebSocketMemory {
  unsafe WebSocketMemory(
    fragments: Region.clientReceive.bytes(fragments), output: Region.clientTransmit.bytes(output))
}

extension ByteStore {
  /// Appends a text in which `{x*300}` stands for 300 times an x.
  @inline(never)
  mutating func append(template text: StaticString) {
    let bytes = text.bytes
    var index = 0
    while index < bytes.count {
      guard bytes[index] == 0x7b else {
        append(bytes[index])
        index += 1
        continue
      }
      var count = 0
      let character = bytes[index + 1]
      index += 3
      while bytes[index] != 0x7d {
        count = count * 10 + Int(bytes[index] - 0x30)
        index += 1
      }
      append(character, repeated: count)
      index += 1
    }
  }
}

extension Span where Element == UInt8 {
  fileprivate func contains(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard count <= self.count else { return false }
    for start in 0...self.count - count {
      if extracting(start..<start + count).isEqual(to: text) { return true }
    }
    return false
  }

  fileprivate func hasSuffix(_ text: StaticString) -> Bool {
    count >= text.utf8CodeUnitCount
      && extracting(droppingFirst: count - text.utf8CodeUnitCount).isEqual(to: text)
  }
}
