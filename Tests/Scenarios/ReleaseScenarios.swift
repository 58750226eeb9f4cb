import DeviceCore

// R-01 R-02 R-03
func release_peerCloses_isReleased(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  end.connection.release(at: end.now)
  end.run()
  check.expectOutput(&end, "80e4 ff 72656c65617365")
  check.expect(end.connection.transportAction == .keepOpen, "closes at once")
  check.expect(!end.connection.isOpen)
  end.endInput()
  check.expectEnd(&end, .released)
}

// not more than 12 bits, on which java-coap fails.
func release_holdOff_isWritten(_ check: inout Checker) {
  var short = TestEnd()
  short.connection.release(holdOffSeconds: 60, at: short.now)
  short.run()
  check.expectOutput(&short, "a0e4 413c ff 72656c65617365")
  var long = TestEnd()
  long.connection.release(holdOffSeconds: 100_000, at: long.now)
  long.run()
  check.expectOutput(&long, "b0e4 420fff ff 72656c65617365")
}

// java-coap and go-coap ignore a Release.
func release_peerIgnoresIt_closesAfterTheTimer(_ check: inout Checker) {
  var end = TestEnd()
  end.connection.release(at: end.now)
  end.run()
  end.output.removeAll()
  end.wait(4_999)
  end.feed("01e2 42")
  check.expectOutput(&end, "01e3 42")
  check.expect(end.tally.closed == 0)
  end.wait(1)
  check.expectEnd(&end, .releaseTimedOut)
}

// what the peer had sent before it saw the Release is served.
func release_peerAsksOn_isServed(_ check: inout Checker) {
  var end = TestEnd()
  end.connection.release(at: end.now)
  end.run()
  end.output.removeAll()
  end.feed("01017f")
  check.expectOutput(&end, "2145 7f c12a")
  end.endInput()
  check.expectEnd(&end, .released)
}

// what is under way may end; nothing is added.
func release_withRequestsUnderWay_waitsForThem(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  check.expect(end.ask() == nil)
  end.connection.release(at: end.now)
  end.run()
  check.expectOutput(&end, "54 01 50000000 ff 01000001")
  check.expect(end.ask() == .ending && end.ping() == .ending)
  end.feed("54 45 50000000 ff 01000001")
  check.expect(end.tally.responses == 1)
  check.expectOutput(&end, "80e4 ff 72656c65617365")
  end.endInput()
  check.expectEnd(&end, .released)
}

// what the peer asked before is answered first.
func release_withDeferredRequests_waitsForThem(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("0102 01")
  end.connection.release(at: end.now)
  end.run()
  check.expect(end.output.isEmpty)
  check.expect(end.answer(0) == nil)
  end.run()
  check.expectOutput(&end, "7145 01 c12a ff 00000000  80e4 ff 72656c65617365")
}

func release_requestsNeverAnswered_isSentAfterTheTimer(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  check.expect(end.ask() == nil)
  end.connection.release(at: end.now)
  end.run()
  end.output.removeAll()
  end.wait(5_000)
  check.expectOutput(&end, "80e4 ff 72656c65617365")
  end.wait(5_000)
  check.expect(end.tally.lastFailure == .connectionEnded)
  check.expectEnd(&end, .releaseTimedOut)
}

// AMB 18
func release_simultaneous_bothFinish(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("0102 01")
  end.connection.release(at: end.now)
  check.expect(end.answer(0) == nil)
  end.run()
  check.expectOutput(&end, "7145 01 c12a ff 00000000  80e4 ff 72656c65617365")
  end.feed("00e4")
  check.expect(end.tally.releases == 1)
  check.expectEnd(&end, .released)
}

// R-05 V-E01
func release_fromThePeer_whatItAskedBeforeIsAnswered(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("0102 01  0101 02  00e4")
  check.expectOutput(&end, "2145 02 c12a")
  check.expect(end.tally.releases == 1 && end.tally.lastHoldOff == nil)
  check.expect(end.connection.transportAction == .keepOpen)
  check.expect(end.ask() == .ending && end.ping() == .ending)
  end.wait(3_000)
  check.expect(end.answer(0) == nil)
  end.run()
  check.expectOutput(&end, "7145 01 c12a ff 00000000")
  check.expectEnd(&end, .releasedByPeer)
}

// our own answers may still come behind the Release, as long as we have not closed.
func release_fromThePeer_ownRequestsEnd(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  check.expect(end.ask() == nil && end.ask() == nil)
  end.run()
  end.output.removeAll()
  end.feed("54 45 50000001 ff 01000002  00e4")
  check.expect(end.tally.responses == 1 && end.tally.releases == 1)
  check.expect(end.tally.failures == 1 && end.tally.lastFailure == .connectionEnded)
  check.expectEnd(&end, .releasedByPeer)
}

// R-09 R-12
func release_withEverything_isReadable(_ check: inout Checker) {
  var end = TestEnd()
  let input = ByteStore(
    .input, hex: "d00de42b616c742e6578616d706c65210aff6d61696e74656e616e6365")
  check.expect(end.connection.receive(input.bytes, at: end.now) == input.count)
  check.expect(end.connection.poll(at: end.now) == .release(holdOffSeconds: 10))
  let text: StaticString = "maintenance"
  if let message = end.connection.message {
    let address = message.firstOption(SignalingOption.alternativeAddress)
    check.expect(address?.isEqual(to: "alt.example") == true, "Alternative-Address")
    check.expect(message.payload.isEqual(to: text.bytes), "text")
  } else {
    check.fail("no message")
  }
  check.expect(end.connection.poll(at: end.now) == nil)
  check.expect(end.connection.message == nil, "message behind its event")
  check.expectEnd(&end, .releasedByPeer)
}

//
func release_malformedOptions_areIgnored(_ check: inout Checker) {
  for repetition in 0..<2 {
    var end = TestEnd()
    end.feed(repetition == 0 ? "50e4 4401000000" : "20e4 20 20")
    check.expect(end.tally.releases == 1 && end.tally.lastHoldOff == (repetition == 0 ? nil : 0))
    check.expectEnd(&end, .releasedByPeer)
  }
}

// S-05
func release_beforeCapabilities_isStillARelease(_ check: inout Checker) {
  var end = TestEnd(.initiator, peerCSM: "")
  end.connection.release(at: end.now)
  end.run()
  check.expectOutput(&end, "40e1 220480 20  80e4 ff 72656c65617365")
  end.connection.release(at: end.now)
  end.feed("00e1")
  end.endInput()
  check.expectEnd(&end, .released)
}

func release_idle_happensByItself(_ check: inout Checker) {
  var limits = Limits()
  limits.idleTimeout = .seconds(90)
  var end = TestEnd(limits: limits)
  end.wait(50_000)
  end.feed("0000")
  check.expect(end.connection.deadline == end.now + .seconds(90))
  end.wait(89_999)
  check.expect(end.output.isEmpty, "not counted from the last byte")
  end.feed("0102 01")
  end.wait(100_000)
  check.expect(end.output.isEmpty, "not idle: an answer is owed")
  check.expect(end.answer(0) == nil)
  end.run()
  check.expectOutput(&end, "7145 01 c12a ff 00000000  80e4 ff 72656c65617365")
  end.endInput()
  check.expectEnd(&end, .released)
}
