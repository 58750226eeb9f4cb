import DeviceCore

// P-01 P-05 P-07
func ping_answered_isAnEvent(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  check.expect(end.ping() == nil)
  end.run()
  check.expectOutput(&end, "04e2 50000000")
  end.feed("04e3 50000000")
  check.expect(end.tally.pongs == 1 && !end.tally.lastPongCustody)
  check.expect(end.ping(custody: true) == nil)
  end.run()
  check.expectOutput(&end, "14e2 50000001 20")
  end.feed("14e3 50000001 20")
  check.expect(end.tally.pongs == 2 && end.tally.lastPongCustody)
  check.expect(end.connection.deadline == nil)
  check.expectOpen(&end)
}

// P-09: libcoap loses the token of a Ping.
func pong_withoutToken_answersWhateverPingThereIs(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  end.feed("00e3")
  check.expect(end.tally.pongs == 0, "nobody asked")
  check.expect(end.ping() == nil)
  end.feed("10e3 20")
  check.expect(end.tally.pongs == 1)
  end.feed("00e3")
  check.expect(end.tally.pongs == 1)
  end.output.removeAll()
  check.expectOpen(&end)
}

// P-09 V-D09
func pong_withOtherToken_isALifeSignOnly(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  check.expect(end.ping() == nil)
  end.feed("04e3 50000001  01e3 42")
  check.expect(end.tally.pongs == 0)
  end.wait(1_000_000)
  check.expect(end.tally.closed == 0)
  end.feed("04e3 50000000")
  check.expect(end.tally.pongs == 1)
}

// P-04
func ping_unanswered_endsTheConnection(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  check.expect(end.ping() == nil)
  end.run()
  end.output.removeAll()
  check.expect(end.connection.deadline == end.now + .seconds(20))
  end.wait(19_999)
  check.expect(end.tally.closed == 0)
  end.wait(1)
  check.expectEnd(&end, .unresponsive)
}

// P-04 P-09: any byte is life, even one that is no message yet.
func ping_anyByteComes_isLife(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  check.expect(end.ping() == nil)
  check.expect(end.ping() == .tooManyUnderWay)
  end.run()
  end.output.removeAll()
  end.wait(19_999)
  end.feed("00")
  end.wait(20_000)
  check.expect(end.tally.closed == 0)
  // Now another one may go out.
  check.expect(end.ping() == nil)
  end.feed("00 04e3 50000001")
  check.expect(end.tally.pongs == 1)
  end.output.removeAll()
  check.expectOpen(&end)
}

// L-03
func keepAlive_silence_pingsByItself(_ check: inout Checker) {
  var limits = Limits()
  limits.keepAliveInterval = .seconds(60)
  var end = TestEnd(.initiator, limits: limits)
  end.wait(59_999)
  check.expect(end.output.isEmpty)
  check.expect(end.connection.deadline == end.now + Milliseconds(1))
  end.wait(1)
  check.expectOutput(&end, "04e2 50000000")
  end.feed("04e3 50000000")
  check.expect(end.connection.deadline == end.now + .seconds(60))
  end.wait(30_000)
  end.feed("0000")
  end.wait(59_999)
  check.expect(end.output.isEmpty, "not counted from the last byte")
  end.wait(1)
  check.expectOutput(&end, "04e2 50000001")
  end.waitForDeadline()
  check.expectEnd(&end, .unresponsive)
}

func keepAlive_withoutPingTimeout_pingsOncePerInterval(_ check: inout Checker) {
  var limits = Limits()
  limits.keepAliveInterval = .seconds(60)
  limits.pingTimeout = Milliseconds(0)
  var end = TestEnd(.initiator, limits: limits)
  end.wait(60_000)
  end.run()
  check.expectOutput(&end, "04e2 50000000")
  check.expect(end.connection.deadline == end.now + .seconds(60))
  end.wait(60_000)
  check.expectOutput(&end, "04e2 50000001")
  check.expect(end.tally.closed == 0)
}

func keepAlive_noRoom_waits(_ check: inout Checker) {
  var limits = Limits()
  limits.keepAliveInterval = .seconds(10)
  var end = TestEnd(.initiator, limits: limits, sizes: Sizes(transmit: 160))
  end.takesOutput = false
  check.expect(end.ask(padding: 60) == nil)
  end.wait(10_000)
  end.takesOutput = true
  end.run()
  check.expectMessages(&end, "0.01 T:50000000 O:- P:64 / 7.02 T:50000001 O:- P:0")
}

func keepAlive_noRoomForLong_endsTheConnection(_ check: inout Checker) {
  var limits = Limits()
  limits.keepAliveInterval = .seconds(10)
  var end = TestEnd(.initiator, limits: limits, sizes: Sizes(transmit: 160))
  end.takesOutput = false
  check.expect(end.ask(padding: 60) == nil)
  // A byte now and then, so that the peer is not one that does not read.
  end.largestWrite = 1
  end.wait(15_000)
  end.takesOutput = true
  _ = end.flush()
  end.takesOutput = false
  end.wait(14_999)
  check.expect(end.tally.closed == 0)
  check.expect(end.connection.deadline == end.now + Milliseconds(1))
  end.wait(1)
  check.expect(end.tally.end == .unresponsive)
}

// P-08
func pong_custodyAskedFor_waitsForEarlierRequests(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("0102 01  11e2 42 20  0101 03")
  check.expectOutput(&end, "2145 03 c12a", "the Pong, or no answer to a later request")
  // One that is postponed behind the Ping does not hold it up.
  end.feed("0102 04")
  check.expect(end.answer(0) == nil)
  end.run()
  check.expectOutput(&end, "7145 01 c12a ff 00000000  11e3 42 20")
  check.expect(end.connection.deferredCount == 1)
  check.expect(end.answer(1) == nil)
  end.run()
  check.expectOutput(&end, "7145 04 c12a ff 00000000")
  check.expectOpen(&end)
}

// P-02 P-03
func pong_withoutCustody_doesNotWait(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("0102 01  01e2 42  21e2 43 2101")
  check.expectOutput(&end, "01e3 42 01e3 43")
  check.expect(end.connection.deferredCount == 1)
}

// P-08: a second Ping with Custody keeps its place behind the first.
func pong_custodyAskedForTwice_bothAnswered(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("0102 01  11e2 42 20  11e2 43 20")
  check.expect(end.output.isEmpty)
  check.expect(end.answer(0) == nil)
  end.run()
  check.expectOutput(&end, "7145 01 c12a ff 00000000  11e3 42 20  11e3 43 20")
  check.expectOpen(&end)
}

// P-08 P-05: a token that cannot be kept is answered at once, without the promise.
func pong_custodyWithALongToken_promisesNothing(_ check: inout Checker) {
  var limits = Limits()
  limits.maximumTokenByteCount = 16
  var end = TestEnd(limits: limits)
  end.feed("0102 01  19e2 010203040506070809 20")
  check.expectOutput(&end, "09e3 010203040506070809")
  check.expect(end.answer(0) == nil)
  end.run()
  end.output.removeAll()
  end.feed("19e2 010203040506070809 20")
  check.expectOutput(&end, "19e3 010203040506070809 20")
}

// P-01 R-05: a Pong that is owed goes out before the end.
func pong_owedAtRelease_isSentBeforeTheEnd(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("0102 01  11e2 42 20  00e4")
  check.expect(end.answer(0) == nil)
  end.run()
  check.expectOutput(&end, "7145 01 c12a ff 00000000  11e3 42 20")
  check.expectEnd(&end, .releasedByPeer)
}

func pong_owedAtReleaseWithoutRoom_isSentBeforeTheEnd(_ check: inout Checker) {
  var end = TestEnd(sizes: Sizes(transmit: 160), peerCSM: TestEnd.boundlessCSM)
  end.feed("0102 01  11e2 42 20")
  end.takesOutput = false
  check.expect(end.answer(0) == nil)
  check.expect(end.ask(padding: 45) == nil)
  end.feed("00e4")
  end.takesOutput = true
  end.run()
  check.expectMessages(
    &end,
    "2.05 T:01 O:12=2a P:4:00000000 / 0.01 T:50000000 O:- P:49 / 7.03 T:42 O:2= P:0")
  check.expectEnd(&end, .releasedByPeer)
}

func pong_owedAtAbort_isNotSent(_ check: inout Checker) {
  var end = TestEnd(sizes: Sizes(transmit: 160), peerCSM: TestEnd.boundlessCSM)
  end.feed("0102 01  11e2 42 20")
  end.takesOutput = false
  check.expect(end.answer(0) == nil)
  check.expect(end.ask(padding: 45) == nil)
  end.run()
  end.connection.abort("enough", at: end.now)
  end.takesOutput = true
  end.run()
  check.expectMessages(
    &end,
    "2.05 T:01 O:12=2a P:4:00000000 / 0.01 T:50000000 O:- P:49 / 7.05 T:- O:- P:6:656e6f756768")
  check.expectEnd(&end, .abortedLocally)
}
