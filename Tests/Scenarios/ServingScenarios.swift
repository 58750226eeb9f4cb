import DeviceCore

// T-15
func serving_nobodyServes_isNotImplemented(_ check: inout Checker) {
  var end = TestEnd()
  end.serves = false
  end.feed("21 01 01 b161")
  check.expectOutput(&end, "01 a1 01")
  end.feed("01 02 02  01 1f 03")
  check.expectOutput(&end, "01 a1 02  01 a1 03")
  check.expectOpen(&end)
}

func serving_handlerWritesNothing_isAnInternalError(_ check: inout Checker) {
  var end = TestEnd()
  end.feed("01 04 7f")
  check.expectOutput(&end, "01 a0 7f")
  check.expectOpen(&end)
}

func serving_answerLargerThanTheMemory_isAnInternalError(_ check: inout Checker) {
  var end = TestEnd(sizes: Sizes(transmit: 300), peerCSM: TestEnd.boundlessCSM)
  // 300 - 80 bytes, of which Len, its extension, code, token and marker take five.
  end.handler.largeByteCount = 220 - 5
  end.feed("01 03 7f")
  check.expectMessages(&end, "2.05 T:7f O:- P:215", "does not fit to the last byte")
  end.handler.largeByteCount += 1
  end.feed("01 03 7f")
  check.expectMessages(&end, "5.00 T:7f O:- P:25")
  check.expectOpen(&end)
}

// C-12
func serving_answerLargerThanThePeerTakes_isAnInternalError(_ check: inout Checker) {
  var end = TestEnd(sizes: Sizes(transmit: 4096), peerCSM: TestEnd.baseCSM)
  end.handler.largeByteCount = 2000
  end.feed("01 03 7f")
  check.expectMessages(&end, "5.00 T:7f O:- P:25")
  end.feed("30e1 220fa0 01 03 7f")
  check.expectMessages(&end, "2.05 T:7f O:- P:2000")
  check.expectOpen(&end)
}

// T-12 T-13: once served, a request is done with.
func serving_twice_answersOnce(_ check: inout Checker) {
  var end = TestEnd()
  let input = ByteStore(.input, hex: "01017f")
  check.expect(end.connection.receive(input.bytes, at: end.now) == 3)
  check.expect(end.connection.poll(at: end.now) == .request)
  end.connection.serve(&end.handler, at: end.now)
  end.connection.serve(&end.handler, at: end.now)
  check.expect(end.connection.poll(at: end.now) == nil)
  end.connection.serve(&end.handler, at: end.now)
  end.run()
  check.expectOutput(&end, "2145 7f c12a")
  check.expect(end.handler.count == 1)
}

func serving_otherEvent_doesNothing(_ check: inout Checker) {
  var end = TestEnd(peerCSM: "")
  end.run()
  end.output.removeAll()
  let input = ByteStore(.input, hex: "00e1")
  check.expect(end.connection.receive(input.bytes, at: end.now) == 2)
  check.expect(end.connection.poll(at: end.now) == .capabilities)
  end.connection.serve(&end.handler, at: end.now)
  check.expect(end.handler.count == 0)
  check.expectOpen(&end)
}

// A request or Ping of ours must not take the room that the answer needs.
func serving_commandsBeforeServe_leaveRoomForTheAnswer(_ check: inout Checker) {
  var end = TestEnd(sizes: Sizes(transmit: 200), peerCSM: TestEnd.boundlessCSM)
  let input = ByteStore(.input, hex: "01037f")
  check.expect(end.connection.receive(input.bytes, at: end.now) == 3)
  check.expect(end.connection.poll(at: end.now) == .request)
  check.expect(end.ask() == .noRoom)
  check.expect(end.ping() == .noRoom)
  end.handler.largeByteCount = 100
  end.connection.serve(&end.handler, at: end.now)
  check.expect(end.ask() == .noRoom)
  end.run()
  check.expectMessages(&end, "2.05 T:7f O:- P:100")
  check.expect(end.ask() == nil && end.ping() == nil)
}

// T-14: asking back while answering, over the same connection.
func serving_requestFromWithinAnEvent_goesOutToo(_ check: inout Checker) {
  var limits = Limits()
  limits.largestResponseByteCount = 64
  var end = TestEnd(limits: limits)
  let input = ByteStore(.input, hex: "01017f")
  check.expect(end.connection.receive(input.bytes, at: end.now) == 3)
  check.expect(end.connection.poll(at: end.now) == .request)
  check.expect(end.ask() == nil)
  end.connection.serve(&end.handler, at: end.now)
  end.run()
  check.expectOutput(&end, "54 01 50000000 ff 01000001  2145 7f c12a")
}

func serving_connectionFailsBeforeServe_sendsNothing(_ check: inout Checker) {
  var end = TestEnd()
  let input = ByteStore(.input, hex: "01017f")
  check.expect(end.connection.receive(input.bytes, at: end.now) == 3)
  check.expect(end.connection.poll(at: end.now) == .request)
  end.connection.transportFailed()
  end.connection.serve(&end.handler, at: end.now)
  check.expect(end.connection.pendingOutput.count == 0)
  check.expectEnd(&end, .transportFailed)
  check.expect(end.handler.count == 0)
}

// ET-01 X-13: a token larger than the room that answers are given is still echoed.
func serving_longTokenAndSmallAnswers_isAnswered(_ check: inout Checker) {
  var limits = Limits()
  limits.maximumTokenByteCount = 300
  limits.largestResponseByteCount = 64
  var end = TestEnd(limits: limits)
  end.feed("0d01ff {54*268}")
  check.expectMessages(&end, "2.05 T:{54*268} O:12=2a P:0")
  check.expectOpen(&end)
}

// ET-07: a token that cannot be kept makes a later answer impossible, not the request illegal.
func serving_longTokenPostponed_isUnavailable(_ check: inout Checker) {
  var limits = Limits()
  limits.maximumTokenByteCount = 16
  var end = TestEnd(limits: limits)
  end.feed("0902 010203040506070809")
  check.expectMessages(&end, "5.03 T:010203040506070809 O:- P:25")
  check.expectOpen(&end)
}

// AMB 12: the limit for tokens holds for signaling as well.
func ping_tokenLongerThanAnnounced_aborts(_ check: inout Checker) {
  var limits = Limits()
  limits.maximumTokenByteCount = 9
  var end = TestEnd(limits: limits)
  end.feed("09e2 010203040506070809")
  check.expectOutput(&end, "09e3 010203040506070809")
  end.feed("0ae2 0102030405060708090a")
  check.expectAbort(&end, .format(.tokenTooLong))
}

// S-08 S-02 X-04 AMB 4
func message_reservedCode_aborts(_ check: inout Checker) {
  for number in UInt8(0)...255 {
    let code = Code(rawValue: number)
    let isAssignedSignal = number >= 0xe1 && number <= 0xe5
    if code == .empty || code.isRequest || code.isResponse || isAssignedSignal { continue }
    var end = TestEnd()
    let message: InlineArray<5, UInt8> = [0, number, 1, 1, 0x7f]
    end.feed(message.span)
    check.expectAbort(&end, .reservedCode(code))
  }
}

//
func message_anyMethodOrResponseCode_isNoReasonToAbort(_ check: inout Checker) {
  for number in UInt8(1)...0xbf {
    let code = Code(rawValue: number)
    guard code.isRequest || code.isResponse else { continue }
    var end = TestEnd()
    let message: InlineArray<2, UInt8> = [0, number]
    end.feed(message.span)
    check.expect(end.tally.requests == (code.isRequest ? 1 : 0))
    end.output.removeAll()
    check.expectOpen(&end)
  }
}
