import DeviceCore

// T-11: each has its time; the one that came in between does not wait.
func deferred_answeredInAnyOrder_keepTheirTokens(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("5102 01 ff 00000011  5102 02 ff 00000022  0101 03")
  check.expectOutput(&end, "2145 03 c12a")
  check.expect(end.connection.deferredCount == 2)
  check.expect(end.answer(1) == nil)
  end.run()
  check.expectOutput(&end, "7145 02 c12a ff 00000022")
  check.expect(end.answer(0) == nil)
  end.run()
  check.expectOutput(&end, "7145 01 c12a ff 00000011")
  check.expect(end.connection.deferredCount == 0)
  check.expectOpen(&end)
}

func deferred_handlerReady_isAnsweredByServeDeferred(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("5102 01 ff 00000011  5102 02 ff 00000022")
  check.expect(end.output.isEmpty)
  end.handler.answersDeferred = true
  end.run()
  check.expectOutput(&end, "7145 01 c12a ff 00000011  7145 02 c12a ff 00000022")
  check.expect(end.handler.waitingCount == 0)
  check.expectOpen(&end)
}

// C-09: the peer has lowered its Max-Message-Size to nothing; the handler is told that there is no use in an answer.
func deferred_peerTakesNoMessageAnyMore_isAbandoned(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("0102 01")
  check.expect(end.handler.waitingCount == 1)
  end.feed("10e1 20")
  check.expect(end.handler.waitingCount == 0 && end.handler.abandonedCount == 1)
  check.expect(end.output.isEmpty && end.connection.deferredCount == 0)
}

func deferred_answeredTwice_isUnknown(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("0102 01")
  guard let request = end.handler.waitingRequest(0) else { return check.fail("not postponed") }
  check.expect(end.connection.isWaiting(request))
  check.expect(end.answer(0) == nil)
  end.output.removeAll()
  check.expect(!end.connection.isWaiting(request))
  check.expect(refusal(&end.connection, request, at: end.now) == .unknownRequest)
  end.run()
  check.expectOutput(&end, "7145 01 c12a ff 00000000", "the first answer")
}

private func refusal(
  _ connection: inout Connection, _ request: DeferredRequest, at now: Instant
) -> CommandError? {
  do throws(CommandError) {
    try connection.respond(to: request, at: now) { response in response.changed() }
    return nil
  } catch {
    return error
  }
}

// T-12 T-18: an answer never goes out on another connection, the next one in the same memory included.
func deferred_connectionReplaced_isUnknownToTheNewOne(_ check: inout Checker) {
  var first = TestEnd(identity: 1)
  first.feed("0102 01")
  guard let request = first.handler.waitingRequest(0) else { return check.fail("not postponed") }
  check.expect(request.connection == 1)
  first.fail()
  check.expect(refusal(&first.connection, request, at: first.now) == .unknownRequest)
  check.expect(first.handler.abandonedCount == 1 && first.connection.deferredCount == 0)

  var second = TestEnd(identity: 2)
  second.feed("0102 01")
  check.expect(second.connection.deferredCount == 1)
  check.expect(!second.connection.isWaiting(request))
  check.expect(refusal(&second.connection, request, at: second.now) == .unknownRequest)
  check.expect(second.output.isEmpty && second.connection.deferredCount == 1)
}

func deferred_tableFull_isUnavailable(_ check: inout Checker) {
  var end = TestEnd(sizes: Sizes(deferred: 2))
  end.feed("0102 01 0102 02 0102 03")
  check.expectMessages(&end, "5.03 T:03 O:- P:25")
  check.expect(end.answer(0) == nil)
  end.run()
  end.output.removeAll()
  end.feed("0102 04")
  check.expect(end.output.isEmpty && end.connection.deferredCount == 2)
}

func deferred_noRoom_waitsForOutputToLeave(_ check: inout Checker) {
  var end = TestEnd(sizes: Sizes(transmit: 160), peerCSM: TestEnd.boundlessCSM)
  end.feed("0102 01 0102 02")
  end.takesOutput = false
  check.expect(end.answer(0) == nil)
  check.expect(end.answer(1) == .noRoom)
  end.handler.answersDeferred = true
  end.run()
  check.expect(end.connection.deferredCount == 1, "lost")
  end.takesOutput = true
  end.run()
  check.expectOutput(&end, "7145 01 c12a ff 00000000  7145 02 c12a ff 00000000")
  check.expectOpen(&end)
}

func deferred_localAbort_isAbandoned(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("0102 01")
  end.connection.abort("enough", at: end.now)
  end.run()
  check.expect(end.answer(0) == .unknownRequest)
  check.expect(end.handler.abandonedCount == 1)
  check.expectMessages(&end, "7.05 T:- O:- P:6:656e6f756768")
  check.expectEnd(&end, .abortedLocally)
}

func deferred_answerTooLarge_isAnInternalError(_ check: inout Checker) {
  var end = TestEnd(sizes: Sizes(transmit: 200))
  end.feed("0102 01")
  guard let request = end.handler.take(0) else { return check.fail("not postponed") }
  let long = ByteStore(.vector, hex: "{61*120}")
  try? end.connection.respond(to: request, at: end.now) { response in
    response.content(.textPlain, long.bytes)
  }
  end.run()
  check.expectMessages(&end, "5.00 T:01 O:- P:25")
  check.expectOpen(&end)
}

// R-05, but not for ever: a resource that never answers does not keep the slot.
func deferred_neverAnsweredAfterRelease_endsAfterTheTimer(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("0102 01 00e4")
  end.wait(59_000)
  check.expect(end.connection.deferredCount == 1 && !end.connection.isOver)
  end.wait(1_000)
  check.expectEnd(&end, .releasedByPeer)
}
