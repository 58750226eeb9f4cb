import DeviceCore

@inline(never)
private func draining(_ sizes: Sizes = Sizes(), role: Connection.Role = .acceptor) -> TestEnd {
  var limits = Limits()
  limits.maximumMessageByteCount = 64
  limits.drainByteCount = 1000
  return TestEnd(role, limits: limits, sizes: sizes)
}

// F-06 F-12 AMB 3: from the length alone, before any byte of the body.
func oversize_onlyItsLengthIn_aborts(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("e4036c")
  check.expectAbort(&end, .format(.messageTooLarge))
  var huge = TestEnd()
  huge.feed("f0fffefef3")
  check.expectAbort(&huge, .format(.messageTooLarge))
}

// C-07
func message_ofJustTheAnnouncedSize_isTaken(_ check: inout Checker) {
  var limits = Limits()
  limits.maximumMessageByteCount = 64
  var end = TestEnd(limits: limits, sizes: Sizes(receive: 64))
  end.feed("d12f01 7f ff {41*59}")
  check.expectMessages(&end, "2.05 T:7f O:12=2a P:59")
  end.feed("d13001 7f ff {41*60}")
  check.expectAbort(&end, .format(.messageTooLarge))
}

// AMB 3 X-30
func oversizeRequest_drained_isRefusedWithSize1(_ check: inout Checker) {
  var end = draining()
  end.feed("d13001 7f ff {41*60}")
  check.expectMessages(&end, "4.13 T:7f O:60=40 P:0")
  // The header alone is enough for the answer; the rest may come in any pieces.
  end.feed("e1 0200 02 7e ff")
  check.expectMessages(&end, "4.13 T:7e O:60=40 P:0")
  end.feed("{42*700}")
  check.expect(end.output.isEmpty)
  end.feed("{0f*80} 01017d")
  check.expectMessages(&end, "2.05 T:7d O:12=2a P:0")
  check.expect(end.tally.requests == 1)
  check.expectOpen(&end)
}

func oversizeRequest_byteByByte_isRefusedWithSize1(_ check: inout Checker) {
  var end = draining()
  let input = ByteStore(.vector, hex: "d43001 01020304 ff {41*60} 01017d d43001 01020304 ff {41*60}")
  for index in 0..<input.count {
    end.feed(input.bytes.extracting(index..<index + 1))
  }
  check.expectMessages(
    &end,
    "4.13 T:01020304 O:60=40 P:0 / 2.05 T:7d O:12=2a P:0 / 4.13 T:01020304 O:60=40 P:0")
  check.expectOpen(&end)
}

func oversizeResponse_drained_failsItsRequest(_ check: inout Checker) {
  var end = draining(role: .initiator)
  check.expect(end.ask() == nil && end.ask() == nil)
  end.run()
  end.output.removeAll()
  end.feed("d43045 50000001 ff {41*60}  d43045 50000009 ff {41*60}")
  check.expect(end.tally.failures == 1 && end.tally.lastFailure == .responseTooLarge)
  end.feed("54 45 50000000 ff 01000001")
  check.expect(end.tally.responses == 1 && end.tally.outstanding == 0)
  check.expectOpen(&end)
}

func oversize_aboveTheDrainLimit_aborts(_ check: inout Checker) {
  var end = draining()
  end.feed("e1 0300 01 7f")
  check.expectAbort(&end, .format(.messageTooLarge))
}

func oversize_signalOrOther_isNeverDrained(_ check: inout Checker) {
  var ping = draining()
  ping.feed("d130e2 7f ff {41*60}")
  check.expectAbort(&ping, .format(.messageTooLarge))
  var empty = draining()
  empty.feed("d03200 ff {41*62}")
  check.expectAbort(&empty, .format(.messageTooLarge))
  var limits = Limits()
  limits.maximumMessageByteCount = 64
  limits.drainByteCount = 1000
  var early = TestEnd(limits: limits, peerCSM: "")
  early.run()
  early.output.removeAll()
  early.feed("d13001 7f ff {41*60}")
  check.expectAbort(&early, .format(.messageTooLarge))
}

// A token larger than the buffer could never be seen whole.
func oversize_tokenLargerThanTheBuffer_aborts(_ check: inout Checker) {
  var limits = Limits()
  limits.maximumMessageByteCount = 64
  limits.drainByteCount = 1000
  limits.maximumTokenByteCount = 300
  var end = TestEnd(limits: limits, sizes: Sizes(receive: 64))
  end.feed("0d01ff {54*20}")
  check.expectAbort(&end, .format(.messageTooLarge))
}

func drain_stopsHalfWay_isAborted(_ check: inout Checker) {
  var end = draining()
  end.feed("d13001 7f ff")
  end.output.removeAll()
  end.wait(29_000)
  end.feed("41")
  end.wait(999)
  check.expect(end.output.isEmpty)
  end.wait(1)
  check.expectAbort(&end, .messageStalled)
}

// The next message has a time of its own.
func drain_complete_startsTheNextTimer(_ check: inout Checker) {
  var end = draining()
  end.feed("d13001 7f ff")
  end.output.removeAll()
  end.wait(29_000)
  end.feed("{41*60} 01")
  check.expect(end.connection.deadline == end.now + .seconds(30))
  end.wait(29_000)
  end.feed("017f")
  check.expectMessages(&end, "2.05 T:7f O:12=2a P:0")
  check.expectOpen(&end)
}

func drain_endOfStreamWithin_isTruncated(_ check: inout Checker) {
  var end = draining()
  end.feed("d13001 7f ff")
  check.expectMessages(&end, "4.13 T:7f O:60=40 P:0")
  let input = ByteStore(.input, hex: "{01*40}")
  check.expect(end.connection.receive(input.bytes, at: end.now) == 40)
  end.endInput()
  check.expect(end.tally.requests == 0, "skipped bytes were taken for messages")
  check.expectEnd(&end, .truncated)
}

func drain_endOfStreamBehind_servesWhatFollowed(_ check: inout Checker) {
  var end = draining()
  end.feed("d13001 7f ff")
  end.output.removeAll()
  let input = ByteStore(.input, hex: "{41*60} 01017d")
  check.expect(end.connection.receive(input.bytes, at: end.now) == 63)
  end.endInput()
  check.expectMessages(&end, "2.05 T:7d O:12=2a P:0")
  check.expectEnd(&end, .closedByPeer)
}

func drain_noRoomForTheRefusal_waits(_ check: inout Checker) {
  var end = draining(Sizes(transmit: 160))
  end.takesOutput = false
  while end.ask(padding: 10) == nil {}
  let pending = end.connection.pendingOutput.count
  end.feed("d13001 7f ff {41*60} 01e2 42")
  check.expect(end.connection.pendingOutput.count == pending, "written without room")
  check.expect(end.connection.hasUnprocessedInput)
  end.takesOutput = true
  end.run()
  check.expect(end.output.count > pending)
  end.output.removeFirst(pending)
  check.expectMessages(&end, "4.13 T:7f O:60=40 P:0 / 7.03 T:42 O:- P:0")
}
