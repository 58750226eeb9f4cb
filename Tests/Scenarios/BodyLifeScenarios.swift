import DeviceCore

// How bodies of requests end that do not come to their end, at a server.

@inline(never)
private func block(
  _ path: StaticString, _ token: StaticString, _ number: UInt32, _ isMore: Bool, tag: UInt32? = nil,
  version: UInt32 = 0
) -> RawMessage {
  var message = RawMessage(.put, token)
  message.add(path: path)
  message.add(27, block: number, isMore, exponent: 2)
  if let tag { message.add(292, uint: tag) }
  message.add(pattern: number * 64..<number * 64 + 64, version)
  return message
}

// BL-13: block 0 again begins anew, on its own resource alone.
func body_beginsAnew_replacesTheUnfinishedOne(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(block("f", "01", 0, true))
  server.feed(block("f", "01", 1, true))
  server.feed(block("n", "02", 0, true))
  server.end.output.removeAll()
  server.resources.file.incomingVersion = 5
  server.feed(block("f", "03", 0, true, version: 5))
  check.expectMessages(&server.end, "2.31 T:03 O:27=0a P:0")
  check.expect(server.resources.file.begunCount == 2 && server.resources.file.abandonedCount == 1)
  server.feed(block("f", "04", 1, false, version: 5))
  check.expectMessages(&server.end, "2.04 T:04 O:27=12 P:0")
  server.feed(block("n", "05", 1, false))
  check.expectMessages(&server.end, "2.01 T:05 O:27=12 P:0")
  check.expect(server.resources.note.isIntact && server.resources.file.abandonedCount == 1)
  check.expectEmpty(&server)
}

// BL-13: so does a body that is not in blocks of its own, and one that is refused.
func body_beginsAnewWithOneBlock_replacesTheUnfinishedOne(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(block("f", "01", 0, true))
  server.feed(block("f", "02", 0, false))
  check.expect(server.resources.file.abandonedCount == 1 && server.resources.file.doneCount == 1)
  server.end.output.removeAll()
  server.feed(block("f", "03", 1, false))
  check.expectMessages(&server.end, "4.08 T:03 O:- P:18")
  check.expectEmpty(&server)
}

// BL-16: the time runs from one block to the next; the resource is told once, and not of what was done.
func body_restDoesNotCome_isAbandonedOnce(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(block("f", "01", 0, true))
  server.feed(block("n", "02", 0, true))
  server.end.output.removeAll()
  check.expect(server.end.connection.deadline != nil, "no deadline")
  server.wait(246_999)
  server.feed(block("f", "03", 1, true))
  check.expectMessages(&server.end, "2.31 T:03 O:27=1a P:0")
  server.wait(1)
  server.feed(block("n", "04", 1, false))
  check.expectMessages(&server.end, "4.08 T:04 O:- P:18", "kept for longer than said")
  check.expect(server.resources.file.abandonedCount == 0)
  server.wait(246_998)
  check.expect(server.resources.file.abandonedCount == 0, "too early")
  server.wait(1)
  check.expect(server.resources.file.abandonedCount == 1, "not told")
  server.wait(600_000)
  check.expect(server.resources.file.abandonedCount == 1, "told twice")
  check.expect(server.end.connection.deadline == nil, "timers left")
  server.feed(block("f", "05", 2, true))
  check.expectMessages(&server.end, "4.08 T:05 O:- P:18")
  check.expectEmpty(&server)
}

// The deadline alone, without a byte from the peer, is enough.
func body_restDoesNotCome_wakesTheDriver(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(block("f", "01", 0, true))
  server.end.output.removeAll()
  if let deadline = server.end.connection.deadline { server.end.now = deadline }
  server.run()
  check.expect(server.resources.file.abandonedCount == 1)
  check.expectEmpty(&server)
}

func body_connectionEnds_isAbandonedOnce(_ check: inout Checker) {
  for way in 0..<4 {
    var server = BodyServer()
    server.feed(block("f", "01", 0, true))
    server.feed(block("n", "02", 0, true))
    server.end.output.removeAll()
    switch way {
    case 0: server.end.connection.transportFailed()
    case 1: server.feed("00e5")
    case 2: server.feed("00e4")
    default: server.end.connection.receiveEnd(at: server.end.now)
    }
    server.run()
    if server.end.connection.transportAction == .finishWriting {
      server.end.connection.didFinishWriting(at: server.end.now)
      server.run()
      server.end.connection.receiveEnd(at: server.end.now)
    }
    server.run()
    check.expect(server.end.connection.isOver, "not over")
    check.expect(server.resources.file.abandonedCount == 1 && server.resources.file.transfer == nil)
    check.expect(server.resources.file.faultCount == 0 && server.end.connection.deadline == nil)
    check.expectLegal(server.end)
  }
}

// A resource that has refused a part is told no more of that body.
func body_refusedByTheResource_isForgotten(_ check: inout Checker) {
  var server = BodyServer()
  server.resources.file.refusedOffset = 64
  server.feed(block("f", "01", 0, true))
  check.expectMessages(&server.end, "2.31 T:01 O:27=0a P:0")
  server.feed(block("f", "02", 1, true))
  check.expectMessages(&server.end, "4.03 T:02 O:- P:0")
  server.feed(block("f", "03", 2, true))
  check.expectMessages(&server.end, "4.08 T:03 O:- P:18")
  server.resources.file.refusedOffset = 0
  server.feed(block("f", "04", 0, true))
  check.expectMessages(&server.end, "4.03 T:04 O:- P:0")
  check.expect(server.resources.file.abandonedCount == 0)
  check.expectEmpty(&server)
}

// E-05 BL-20: bodies with other tags, also none or an empty one, are other bodies.
func body_requestTags_tellBodiesApart(_ check: inout Checker) {
  var sizes = Sizes.bodies
  sizes.incoming = 3
  var server = BodyServer(sizes: sizes)
  server.resources.file.incomingVersion = 9
  // The file takes one at a time; here only what the connection keeps apart matters.
  server.feed(block("n", "01", 0, true, tag: 7))
  server.feed(block("f", "02", 0, true, tag: 7, version: 9))
  server.feed(block("f", "03", 0, true, tag: 0, version: 9))
  server.end.output.removeAll()
  server.feed(block("f", "04", 1, true, version: 9))
  check.expectMessages(&server.end, "4.08 T:04 O:- P:18", "no tag is not an empty one")
  server.feed(block("f", "05", 1, true, tag: 8, version: 9))
  check.expectMessages(&server.end, "4.08 T:05 O:- P:18")
  server.feed(block("f", "06", 1, true, tag: 7, version: 9))
  check.expectMessages(&server.end, "2.31 T:06 O:27=1a P:0")
  server.feed(block("f", "07", 1, false, tag: 0, version: 9))
  check.expectMessages(&server.end, "2.04 T:07 O:27=12 P:0")
  server.feed(block("n", "08", 1, false, tag: 7))
  check.expectMessages(&server.end, "2.01 T:08 O:27=12 P:0")
  check.expect(server.resources.note.isIntact)
  server.feed(block("f", "09", 2, false, tag: 7, version: 9))
  check.expectMessages(&server.end, "2.04 T:09 O:27=22 P:0")
  check.expectOpen(&server.end)
}

// paths and methods that are not there are not asked for the rest of a body.
func body_noSuchResource_isNotFound(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(block("x", "01", 0, true))
  check.expectMessages(&server.end, "4.04 T:01 O:- P:0")
  var message = RawMessage(.patch, "02")
  message.add(path: "f")
  message.add(27, block: 0, true, exponent: 2)
  message.add(pattern: 0..<64)
  server.feed(message)
  check.expectMessages(&server.end, "4.05 T:02 O:- P:0")
  check.expectEmpty(&server)
}

// B-01: a Ping and other requests between two blocks.
func body_otherExchangesBetweenBlocks_areAnswered(_ check: inout Checker) {
  var server = BodyServer()
  for number in UInt32(0)..<8 {
    server.feed(block("f", "01", number, true))
    check.expect(server.end.output.count == 6, "no 2.31")
    server.end.output.removeAll()
    server.feed("02e27e7f 2101 02 b163")
    check.expectMessages(&server.end, "7.03 T:7e7f O:- P:0 / 2.05 T:02 O:12=2a P:4:00000000")
  }
  server.feed(block("f", "01", 8, false))
  check.expectMessages(&server.end, "2.04 T:01 O:27=82 P:0")
  check.expect(server.resources.file.receivedByteCount == 576)
  check.expectEmpty(&server)
}
