import DeviceCore

// What is there without being asked for: what a resource or a handler does not say, and memory as a value.

/// A resource that says nothing but where it is.
private struct Bare: Resource {
  let path: StaticString = "b"
}

/// A handler that answers, and does nothing else.
private struct Answering: RequestHandler {
  mutating func respond(to request: Request, _ response: inout Response) { response.content(.textPlain, "a") }
}

/// One that postpones and never says that it is ready.
private struct Postponing: RequestHandler {
  var hasPostponed = false

  mutating func respond(to request: Request, _ response: inout Response) {
    hasPostponed = (try? response.postpone()) != nil
  }
}

func resource_bare_answersNoMethod(_ check: inout Checker) {
  let requests: InlineArray<4, StaticString> = [
    "2101 01 b162", "2102 01 b162", "2103 01 b162", "2104 01 b162",
  ]
  for index in 0..<4 {
    var resources = Resources { Bare() }
    var end = TestEnd()
    let input = ByteStore(.input, hex: requests[index])
    end.feed(input.bytes, serving: &resources)
    check.expectMessages(&end, "4.05 T:01 O:- P:0")
    check.expect(resources.nextRevision(at: end.now) == nil, "a change that nobody plans")
    check.expect(resources.nextAnswer == nil, "an answer that nobody plans")
    check.expectOpen(&end)
  }
}

func handler_bare_isNotAskedForMore(_ check: inout Checker) {
  var handler = Answering()
  var end = TestEnd(sizes: .bodies)
  let input = ByteStore(.input, hex: "3101 01 60 5161")
  end.feed(input.bytes, serving: &handler)
  // Nobody counts changes: no observation.
  check.expectMessages(&end, "2.05 T:01 O:12= P:1:61")
  check.expect(end.connection.observerCount == 0, "an observer")
  check.expect(handler.nextAnswer == nil && handler.nextRevision(at: end.now) == nil, "something planned")
  check.expectOpen(&end)
}

func handler_neverReady_isToldOfTheEnd(_ check: inout Checker) {
  var handler = Postponing()
  var end = TestEnd()
  let input = ByteStore(.input, hex: "0101 01")
  end.feed(input.bytes, serving: &handler)
  check.expect(handler.hasPostponed && end.connection.deferredCount == 1, "not postponed")
  check.expect(end.output.isEmpty, "answered")
  end.connection.transportFailed()
  end.run(serving: &handler)
  check.expect(end.connection.isOver && end.connection.deferredCount == 0, "things left")
}

nonisolated(unsafe) private var bodyStorage = BodyStorage<2, 96, 64>()
nonisolated(unsafe) private var observerStorage = ObserverStorage<2, 64>()
nonisolated(unsafe) private var webSocketStorage = WebSocketStorage<256, 512>()

// A connection with memory as values does what it does with any: a body in blocks, and an observation.
func storage_asValues_servesBodiesAndObservers(_ check: inout Checker) {
  var memory = Slot.server.memory(Sizes())
  memory.bodies = unsafe BodyStorage.memory(of: &bodyStorage)
  memory.observers = unsafe ObserverStorage.memory(of: &observerStorage)
  var server = BodyServer()
  server.end.connection = Connection(
    role: .acceptor, memory: memory, firstToken: 1, at: server.end.now)
  server.feed("60e124ffffffff20")
  server.end.output.removeAll()
  for block in UInt32(0)..<3 {
    var message = RawMessage(.put, "6e")
    message.add(path: "n")
    message.add(27, block: block, block < 2, exponent: 1)
    message.add(pattern: block * 32..<block * 32 + 32)
    server.feed(message)
  }
  check.expect(server.resources.note.byteCount == 96 && server.resources.note.isIntact, "another body")
  server.end.output.removeAll()
  server.feed("3101 63 60 5163")
  check.expect(server.end.connection.observerCount == 1, "no observer")
  server.end.output.removeAll()
  check.expectEmpty(&server)
}

func storage_asAValue_holdsAHandshake(_ check: inout Checker) {
  var session = WebSocketSession(memory: unsafe WebSocketStorage.memory(of: &webSocketStorage))
  session.accept(origins: .none, largestMessage: 1152)
  session.receiveHandshake(HandshakeVectorTable.vector(at: 0).text.bytes, digest: SHA1.self)
  check.expect(session.phase == .open && session.pendingOutput.count > 100, "no answer")
}

// RFC 6455 section 5.2: 64 bits are for what does not fit into 16.
func webSocketFrame_lengthInTooManyBytes_isRefused(_ check: inout Checker) {
  let frames: InlineArray<2, StaticString> = ["827f 000000000000ffff", "827e 007d"]
  for index in 0..<2 {
    let bytes = ByteStore(.input, hex: frames[index])
    do throws(WebSocketFault) {
      _ = try WebSocketFrameHeader.parse(bytes.bytes, from: .server)
      check.fail("taken")
    } catch {
      check.expect(error == .lengthNotMinimal, "another fault")
    }
  }
  let bytes = ByteStore(.input, hex: "827f 0000000000010000")
  let progress = try? WebSocketFrameHeader.parse(bytes.bytes, from: .server)
  if case .complete(let header) = progress {
    check.expect(header.payloadByteCount == 65536, "another length")
  } else {
    check.fail("refused")
  }
}

@inline(never)
private func dial(_ text: StaticString) -> WebSocketSession.Phase {
  var session = WebSocketSession(memory: webSocketMemory())
  try? session.dial(
    host: ("example.org" as StaticString).bytes, nonce: WebSocketEnd.nonce, digest: SHA1.self,
    largestMessage: 1152)
  let count = session.pendingOutput.count
  session.didSend(count)
  session.receiveHandshake(text.bytes, digest: SHA1.self)
  return session.phase
}

func webSocketResponse_otherFields_doNotMatter(_ check: inout Checker) {
  let phase = dial(
    "HTTP/1.1 101 -\r\nServer: any\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: coap\r\n\r\n"
  )
  check.expect(phase == .open, "not open")
}

func webSocketResponse_controlCharacters_areNoHTTP(_ check: inout Checker) {
  check.expect(dial("HTTP/1.1 101 -\r\nServer: \u{1}\r\n") == .failed(.responseMalformed), "another end")
  check.expect(dial("HTTP/1.1 101 -\rServer") == .failed(.responseMalformed), "another end")
}
