import DeviceCore

// A-01 A-03
func abort_local_sendsItsTextBehindPendingOutput(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  check.expect(end.ask() == nil)
  end.connection.abort("out of paper", at: end.now)
  check.expect(end.connection.transportAction == .keepOpen, "before the output is out")
  check.expect(end.ask() == .ending && end.ping() == .ending)
  end.connection.abort("again", at: end.now)
  end.connection.release(at: end.now)
  end.run()
  check.expect(end.tally.lastFailure == .connectionEnded)
  check.expectMessages(
    &end, "0.01 T:50000000 O:- P:4:01000001 / 7.05 T:- O:- P:12:6f7574206f66207061706572")
  check.expectEnd(&end, .abortedLocally)
}

func abort_beforeCapabilities_stillSendsOursFirst(_ check: inout Checker) {
  var end = TestEnd(peerCSM: "")
  end.connection.abort("no", at: end.now)
  end.run()
  check.expectMessages(&end, "7.01 T:- O:2=0480,4= P:0 / 7.05 T:- O:- P:2:6e6f")
  check.expectEnd(&end, .abortedLocally)
}

func abort_textTooLong_goesWithoutIt(_ check: inout Checker) {
  var end = TestEnd(sizes: Sizes(transmit: 160), peerCSM: TestEnd.boundlessCSM)
  end.takesOutput = false
  check.expect(end.ask(padding: 60) == nil)
  end.connection.abort(
    "a text that is a good deal longer than the bytes that are kept free for the very last message",
    at: end.now)
  end.takesOutput = true
  end.run()
  check.expectMessages(&end, "0.01 T:50000000 O:- P:64 / 7.05 T:- O:- P:0")
}

// also towards a peer that does not read, as far as its buffers go.
func abort_bufferFull_usesTheReserve(_ check: inout Checker) {
  var end = TestEnd(sizes: Sizes(transmit: 160), peerCSM: TestEnd.boundlessCSM)
  end.takesOutput = false
  while end.ask(padding: 10) == nil {}
  end.feed("110101 f0")
  check.expect(end.connection.transportAction == .keepOpen)
  let pending = end.connection.pendingOutput.count
  check.expect(pending > 79 && pending <= 160)
  end.takesOutput = true
  end.run()
  var reader = MessageReader(end.output.bytes)
  var last = Code.empty
  while let message = reader.next() { last = message.code }
  check.expect(last == .abort && reader.rest.count == 0)
  end.output.removeAll()
  check.expectEnd(&end, .aborted(.format(.reservedOptionDelta)))
}

// A-02 A-04 A-08: nothing behind an Abort is processed, and it is not answered.
func abort_received_endsEverything(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  check.expect(end.ask() == nil)
  end.run()
  end.output.removeAll()
  end.feed("0102 01")
  end.feed("20e5 ff6e  01017f  54 45 50000000 ff 01000001")
  check.expect(end.tally.aborts == 1 && end.tally.lastBadOption == nil)
  check.expect(end.tally.responses == 0 && end.tally.lastFailure == .connectionEnded)
  check.expect(end.handler.abandonedCount == 1)
  check.expectEnd(&end, .abortedByPeer)
}

// A-05 A-06 A-08 S-07
func abort_receivedWithOptions_isReadAsFarAsPossible(_ check: inout Checker) {
  expectReceived(&check, "d004e52101ff756e6b6e6f776e206f7074696f6e", bad: 1)
  expectReceived(&check, "10e520", bad: 0)
  expectReceived(&check, "30e522ffff", bad: 65535)
  expectReceived(&check, "40e523010000", bad: nil)
  expectReceived(&check, "10e510", bad: nil)
  expectReceived(&check, "20e51020", bad: nil)
}

@inline(never)
private func expectReceived(
  _ check: inout Checker, _ hex: StaticString, bad: UInt16?, line: UInt32 = #line
) {
  var end = TestEnd()
  end.feed(hex)
  check.expect(end.tally.aborts == 1, "no event", line: line)
  check.expect(end.tally.lastBadOption == bad, "Bad-CSM-Option", line: line)
  check.expectEnd(&end, .abortedByPeer, line: line)
}

func abort_received_itsTextIsReadable(_ check: inout Checker) {
  var end = TestEnd()
  let input = ByteStore(.input, hex: "20e5 ff6e 0101")
  check.expect(end.connection.receive(input.bytes, at: end.now) == input.count)
  check.expect(end.connection.poll(at: end.now) == .aborted(badCSMOption: nil))
  let text: StaticString = "n"
  if let message = end.connection.message {
    check.expect(message.payload.isEqual(to: text.bytes))
  } else {
    check.fail("no message")
  }
  check.expect(end.connection.transportAction == .close)
  // Bytes that come all the same take the message away and harm nothing.
  check.expect(end.connection.receive(input.bytes, at: end.now) == input.count)
  check.expect(end.connection.message == nil)
  check.expectEnd(&end, .abortedByPeer)
}

// F-11 A-07: what came before the bad message is answered, what came behind is not looked at.
func abort_badMessageInBetween_dividesTheStream(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("01017f  110101f0  01017e  00e2")
  check.expect(end.tally.requests == 1)
  check.expectMessages(
    &end, "2.05 T:7f O:12=2a P:0 / 7.05 T:- O:- P:24")
  check.expectEnd(&end, .aborted(.format(.reservedOptionDelta)))
}

// S-05 AMB 7: not a CSM, so without Bad-CSM-Option.
func abort_criticalOptionInASignal_namesItInTheText(_ check: inout Checker) {
  expectCritical(&check, "11e2 42 10")
  expectCritical(&check, "11e3 42 10")
  expectCritical(&check, "10e4 10")
  expectCritical(&check, "20e4 20 10", number: 3)
  expectCritical(&check, "30e3 e0fcdc", number: 65001)
}

@inline(never)
private func expectCritical(
  _ check: inout Checker, _ hex: StaticString, number: UInt16 = 1, line: UInt32 = #line
) {
  var end = TestEnd()
  end.feed(hex)
  var reader = MessageReader(end.output.bytes)
  if let abort = reader.next() {
    var options = abort.options
    check.expect(options.next() == nil, "an option", line: line)
  }
  check.expectAbort(&end, .unknownSignalingOption(number), line: line)
}
