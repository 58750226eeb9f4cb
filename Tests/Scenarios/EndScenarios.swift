import DeviceCore

// T-17 T-18: the peer's end of stream in each phase.
func endOfStream_beforeCapabilities_closes(_ check: inout Checker) {
  var end = TestEnd(peerCSM: "")
  end.endInput()
  check.expectOutput(&end, "40e1 220480 20")
  check.expectEnd(&end, .closedByPeer)
}

func endOfStream_withinCapabilities_isTruncated(_ check: inout Checker) {
  var end = TestEnd(peerCSM: "")
  end.feed("40e1 2204")
  end.output.removeAll()
  end.endInput()
  check.expectEnd(&end, .truncated)
}

func endOfStream_betweenMessages_closes(_ check: inout Checker) {
  var end = TestEnd()
  check.expect(end.ask() == nil)
  end.run()
  end.output.removeAll()
  end.endInput()
  check.expect(end.tally.lastFailure == .connectionEnded)
  check.expectEnd(&end, .closedByPeer)
}

// V-A20
func endOfStream_withinAMessage_isTruncated(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("01017f 0101")
  check.expectOutput(&end, "2145 7f c12a")
  end.endInput()
  check.expectEnd(&end, .truncated)
}

// AMB 18: a half-closed peer has asked all that it will, and gets its answers.
func endOfStream_answersOwed_areSentFirst(_ check: inout Checker) {
  var end = TestEnd()
  let input = ByteStore(.input, hex: "0102 01  01017f")
  check.expect(end.connection.receive(input.bytes, at: end.now) == input.count)
  end.endInput()
  check.expectOutput(&end, "2145 7f c12a")
  check.expect(end.connection.transportAction == .keepOpen)
  check.expect(end.ask() == .ending)
  check.expect(end.answer(0) == nil)
  end.run()
  check.expectOutput(&end, "7145 01 c12a ff 00000000")
  check.expectEnd(&end, .closedByPeer)
}

func endOfStream_whileReleasing_isReleased(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  check.expect(end.ask() == nil)
  end.connection.release(at: end.now)
  end.run()
  end.output.removeAll()
  end.endInput()
  check.expectEnd(&end, .closedByPeer)
}

func endOfStream_behindARelease_isReleased(_ check: inout Checker) {
  var end = TestEnd()
  let input = ByteStore(.input, hex: "0102 01 00e4")
  check.expect(end.connection.receive(input.bytes, at: end.now) == input.count)
  end.endInput()
  check.expect(end.answer(0) == nil)
  end.run()
  end.output.removeAll()
  check.expectEnd(&end, .releasedByPeer)
}

func endOfStream_behindAnAbort_isAborted(_ check: inout Checker) {
  var end = TestEnd()
  let input = ByteStore(.input, hex: "00e5")
  check.expect(end.connection.receive(input.bytes, at: end.now) == input.count)
  end.endInput()
  check.expectEnd(&end, .abortedByPeer)
}

func endOfStream_whileClosing_needsNoLinger(_ check: inout Checker) {
  var end = TestEnd()
  end.takesOutput = false
  end.feed("0f")
  end.endInput()
  check.expect(end.connection.transportAction == .keepOpen, "the Abort is not out")
  end.takesOutput = true
  end.run()
  check.expect(end.connection.transportAction == .finishWriting)
  end.connection.didFinishWriting(at: end.now)
  check.expect(end.connection.transportAction == .close)
  check.expectAbort(&end, .format(.reservedTokenLength))
}

func endOfStream_neverComes_lingersForItsTime(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("0f")
  end.connection.didFinishWriting(at: end.now)
  end.run()
  check.expect(end.connection.transportAction == .keepOpen)
  check.expect(end.connection.deadline == end.now + .seconds(2))
  end.wait(1_999)
  check.expect(end.tally.closed == 0)
  end.wait(1)
  check.expect(end.tally.closed == 1 && end.connection.transportAction == .close)
  check.expectAbort(&end, .format(.reservedTokenLength))
}

// The transport breaks in each phase: one last event, and no further output.
func transportFailed_inEachPhase_endsAtOnce(_ check: inout Checker) {
  var waiting = TestEnd(peerCSM: "")
  waiting.fail()
  check.expect(waiting.connection.pendingOutput.count == 0)
  check.expectEnd(&waiting, .transportFailed)

  var open = TestEnd()
  open.feed("0102 01 d0")
  open.fail()
  check.expectEnd(&open, .transportFailed)

  var winding = TestEnd()
  check.expect(winding.ask() == nil)
  winding.connection.release(at: winding.now)
  winding.run()
  winding.output.removeAll()
  winding.fail()
  check.expectEnd(&winding, .transportFailed)

  var releasing = TestEnd()
  releasing.connection.release(at: releasing.now)
  releasing.run()
  releasing.output.removeAll()
  releasing.fail()
  check.expectEnd(&releasing, .transportFailed)

  var finishing = TestEnd()
  finishing.feed("0102 01 00e4")
  finishing.fail()
  check.expectEnd(&finishing, .transportFailed)

  var over = TestEnd()
  over.fail()
  over.fail()
  over.connection.abort("late", at: over.now)
  over.connection.release(at: over.now)
  check.expectEnd(&over, .transportFailed)
}

// Many a peer resets when it has read an Abort: the reason stays the Abort's.
func transportFailed_whileClosing_keepsTheReason(_ check: inout Checker) {
  var closing = TestEnd()
  closing.takesOutput = false
  closing.feed("0f")
  closing.fail()
  check.expectEnd(&closing, .aborted(.format(.reservedTokenLength)))

  var lingering = TestEnd()
  lingering.feed("0f")
  lingering.output.removeAll()
  lingering.connection.didFinishWriting(at: lingering.now)
  lingering.fail()
  check.expectEnd(&lingering, .aborted(.format(.reservedTokenLength)))
}

// A message that stops half-way has a deadline, whether or not single bytes trickle in.
func message_stopsHalfWay_isAborted(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("5045ff41")
  check.expect(end.connection.deadline == end.now + .seconds(30))
  end.wait(29_999)
  check.expect(end.output.isEmpty)
  end.wait(1)
  check.expectAbort(&end, .messageStalled)
}

func message_oneByteASecond_isAborted(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("d0ff45ff")
  for _ in 0..<29 {
    end.wait(1_000)
    end.feed("41")
  }
  check.expect(end.output.isEmpty)
  end.wait(1_000)
  check.expectAbort(&end, .messageStalled)
}

func message_completeInTime_startsTheNextTimer(_ check: inout Checker) {
  var end = TestEnd()
  for _ in 0..<8 {
    end.feed("01")
    end.wait(20_000)
    end.feed("01 7f 01")
    check.expect(end.connection.deadline == end.now + .seconds(30))
    end.feed("017f")
    check.expect(end.connection.deadline == nil)
    end.output.removeAll()
  }
  check.expectOpen(&end)
}

// A peer that does not read.
func output_notTaken_endsAfterTheTimer(_ check: inout Checker) {
  var end = TestEnd()
  end.takesOutput = false
  end.feed("01017f")
  check.expect(end.connection.deadline == end.now + .seconds(60))
  end.wait(59_999)
  check.expect(end.tally.closed == 0)
  end.wait(1)
  end.takesOutput = true
  check.expectEnd(&end, .notReading)
}

func output_takenByteByByte_startsTheTimerAnew(_ check: inout Checker) {
  var end = TestEnd()
  end.takesOutput = false
  end.feed("01017f")
  end.takesOutput = true
  end.largestWrite = 1
  for _ in 0..<3 {
    end.now = end.now + .seconds(59)
    end.pollAll()
    check.expect(end.flush())
  }
  check.expect(end.tally.closed == 0)
  end.run()
  check.expectOutput(&end, "2145 7f c12a")
  check.expect(end.connection.deadline == nil)
}

// The reason stays the Abort's, even when the Abort cannot be sent.
func output_abortNotTaken_keepsTheReason(_ check: inout Checker) {
  var end = TestEnd()
  end.takesOutput = false
  end.feed("0f")
  end.wait(60_000)
  end.takesOutput = true
  check.expectEnd(&end, .aborted(.format(.reservedTokenLength)))
}
