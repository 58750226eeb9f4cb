import DeviceCore

// Answers to POST and FETCH that are larger than a message: what was done once is not done again.

@inline(never)
private func ask(
  _ token: StaticString, _ number: UInt32? = nil, _ method: Code = .post, path: StaticString = "n",
  query: StaticString? = nil, payload: StaticString? = nil
) -> RawMessage {
  var message = RawMessage(method, token)
  message.add(path: path)
  if let query { message.add(15, text: query) }
  if let number { message.add(23, block: number, exponent: 2) }
  if let payload { message.add(payload: payload) }
  return message
}

@inline(never)
private func expectPart(
  _ check: inout Checker, _ server: borrowing BodyServer, _ range: Range<UInt32>, _ version: UInt32,
  line: UInt32 = #line
) {
  var reader = MessageReader(server.end.output.bytes)
  if let message = reader.next() {
    check.expect(message.payload.count == range.count, "other length", line: line)
    check.expect(isPattern(message.payload, at: range.lowerBound, version), "other bytes", line: line)
  } else {
    check.fail("no answer", line: line)
  }
}

// BL-15
func kept_postWithALargeAnswer_isProcessedOnce(_ check: inout Checker) {
  var server = BodyServer()
  server.resources.note.answerByteCount = 150
  server.feed(ask("01", 0))
  expectPart(&check, server, 0..<64, 1)
  check.expectMessages(&server.end, "2.04 T:01 O:12=2a,23=0a P:64")
  server.feed(ask("02", 1))
  expectPart(&check, server, 64..<128, 1)
  check.expectMessages(&server.end, "2.04 T:02 O:12=2a,23=1a P:64")
  // The same block again: the peer may have lost it.
  server.feed(ask("03", 1))
  expectPart(&check, server, 64..<128, 1)
  check.expectMessages(&server.end, "2.04 T:03 O:12=2a,23=1a P:64")
  server.feed(ask("04", 2))
  expectPart(&check, server, 128..<150, 1)
  check.expectMessages(&server.end, "2.04 T:04 O:12=2a,23=22 P:22")
  check.expect(server.resources.note.postCount == 1, "done again")
  server.feed(ask("05", 1))
  check.expectMessages(&server.end, "4.08 T:05 O:- P:22", "still kept")
  check.expect(server.resources.note.postCount == 1)
  check.expectEmpty(&server)
}

// BL-15: Block1 first, then Block2, with Block1 in the last answer of the first phase.
func kept_block1ThenBlock2_areTwoPhases(_ check: inout Checker) {
  var server = BodyServer(peerCSM: TestEnd.baseCSM)
  server.resources.note.answerByteCount = 1500
  for number in UInt32(0)..<3 {
    var message = RawMessage(.post, "01")
    message.add(path: "n")
    message.add(27, block: number, number < 2, exponent: 2)
    message.add(pattern: number * 64..<number * 64 + 64)
    server.feed(message)
    if number < 2 { server.end.output.removeAll() }
  }
  expectPart(&check, server, 0..<1024, 1)
  check.expectMessages(&server.end, "2.04 T:01 O:12=2a,23=0e,27=22,28=05dc P:1024")
  var rest = RawMessage(.post, "02")
  rest.add(path: "n")
  rest.add(23, block: 1, exponent: 6)
  server.feed(rest)
  expectPart(&check, server, 1024..<1500, 1)
  check.expectMessages(&server.end, "2.04 T:02 O:12=2a,23=16 P:476")
  check.expect(server.resources.note.postCount == 1)
  check.expectEmpty(&server)
}

// A small answer in between does not touch what is kept.
func kept_smallAnswerInBetween_changesNothing(_ check: inout Checker) {
  var server = BodyServer()
  server.resources.note.answerByteCount = 150
  server.feed(ask("01", 0))
  server.feed(ask("02", payload: "p"))
  server.end.output.removeAll()
  server.feed(ask("03", 1))
  expectPart(&check, server, 64..<128, 1)
  check.expectMessages(&server.end, "2.04 T:03 O:12=2a,23=1a P:64")
  check.expectEmpty(&server)
}

// A large one takes its place; then what was kept is gone, and never mixed up.
func kept_largeAnswerInBetween_replacesIt(_ check: inout Checker) {
  var server = BodyServer()
  server.resources.note.answerByteCount = 150
  server.feed(ask("01", 0, query: "a"))
  server.feed(ask("02", 0, query: "b"))
  server.end.output.removeAll()
  server.feed(ask("03", 1, query: "a"))
  check.expectMessages(&server.end, "4.08 T:03 O:- P:22")
  server.feed(ask("04", 1, query: "b"))
  expectPart(&check, server, 64..<128, 2)
  check.expectMessages(&server.end, "2.04 T:04 O:12=2a,23=1a P:64")
  check.expectEmpty(&server)
}

// BL-16
func kept_nobodyAsksForTheRest_isForgotten(_ check: inout Checker) {
  var server = BodyServer()
  server.resources.note.answerByteCount = 150
  server.feed(ask("01", 0))
  server.wait(246_000)
  server.feed(ask("02", 1))
  server.end.output.removeAll()
  server.wait(246_999)
  check.expect(server.end.connection.deadline != nil)
  server.wait(1)
  check.expect(server.end.connection.deadline == nil, "timers left")
  server.feed(ask("03", 2))
  check.expectMessages(&server.end, "4.08 T:03 O:- P:22")
  check.expect(server.resources.note.postCount == 1)
  check.expectEmpty(&server)
}

func kept_answerLargerThanTheMemory_isAnInternalError(_ check: inout Checker) {
  var server = BodyServer()
  server.resources.note.answerByteCount = 4097
  server.feed(ask("01", 0))
  check.expectMessages(&server.end, "5.00 T:01 O:- P:25")
  server.resources.note.answerByteCount = 4096
  server.feed(ask("02", 0))
  expectPart(&check, server, 0..<64, 2)
  check.expectMessages(&server.end, "2.04 T:02 O:12=2a,23=0a P:64")
  server.feed(ask("03", 63))
  expectPart(&check, server, 4032..<4096, 2)
  check.expectMessages(&server.end, "2.04 T:03 O:12=2a,23=03f2 P:64")
  check.expectEmpty(&server)
}

// M-05 BL-06: FETCH in blocks, from what was kept or made anew; one ETag for all of them.
func kept_fetch_hasOneETag(_ check: inout Checker) {
  for answer in 0..<2 {
    var sizes = Sizes.bodies
    if answer == 0 { sizes.answer = 0 }
    var server = BodyServer(sizes: sizes)
    server.resources.note.answerByteCount = 100
    server.feed(ask("01", 0, .fetch, payload: "q"))
    expectPart(&check, server, 0..<64, 1)
    check.expectMessages(&server.end, "2.05 T:01 O:4=00000001,12=2a,23=0a P:64")
    server.feed(ask("02", 1, .fetch, payload: "q"))
    expectPart(&check, server, 64..<100, 1)
    check.expectMessages(&server.end, "2.05 T:02 O:4=00000001,12=2a,23=12 P:36")
    check.expectEmpty(&server)
  }
}
