import DeviceCore

/// Feeds 100 requests with the tokens 0 to 99 as fast as they are taken, and counts the answers.
@inline(never)
private func expectAllAnswered(
  _ check: inout Checker, sizes: Sizes, limits: Limits = Limits(), reads: Int, writes: Int
) {
  var end = TestEnd(limits: limits, sizes: sizes, peerCSM: TestEnd.boundlessCSM)
  var input = ByteStore(.vector)
  for token in UInt8(0)..<100 {
    input.append(hex: "6101")
    input.append(token)
    input.append(hex: "ff 0000000000")
  }
  var largestReceived = 0
  var rounds = 0
  while (!input.isEmpty || end.connection.pendingOutput.count > 0) && rounds < 10_000 {
    rounds += 1
    let count = min(reads, input.count)
    let taken =
      end.connection.wantsInput
      ? end.connection.receive(input.bytes.extracting(first: count), at: end.now) : 0
    input.removeFirst(taken)
    largestReceived = max(largestReceived, taken)
    end.pollAll()
    end.largestWrite = writes
    _ = end.flush()
  }
  check.expect(input.isEmpty, "not all was taken")
  end.pollAll()
  end.run()
  var reader = MessageReader(end.output.bytes)
  for token in UInt8(0)..<100 {
    guard let message = reader.next() else { return check.fail("an answer is missing") }
    check.expect(message.code == .content && message.payload.count == 5)
    check.expect(message.token.count == 1 && message.token[0] == token, "out of order")
  }
  check.expect(reader.rest.count == 0)
  end.output.removeAll()
  check.expectOpen(&end)
}

func backPressure_hundredRequests_loseNothing(_ check: inout Checker) {
  var small = Limits()
  small.maximumMessageByteCount = 64
  small.largestResponseByteCount = 32
  var tight = small
  tight.largestResponseByteCount = 0
  expectAllAnswered(&check, sizes: Sizes(receive: 64, transmit: 160), limits: tight, reads: 900, writes: 1)
  expectAllAnswered(&check, sizes: Sizes(receive: 64, transmit: 160), limits: small, reads: 7, writes: 11)
  expectAllAnswered(&check, sizes: Sizes(receive: 64, transmit: 2048), limits: small, reads: 1, writes: 900)
  expectAllAnswered(&check, sizes: Sizes(receive: 2048, transmit: 160), limits: small, reads: 900, writes: 3)
  expectAllAnswered(&check, sizes: Sizes(), reads: 900, writes: 900)
}

func backPressure_peerDoesNotRead_readingStops(_ check: inout Checker) {
  var limits = Limits()
  limits.maximumMessageByteCount = 64
  var end = TestEnd(limits: limits, sizes: Sizes(receive: 64, transmit: 160))
  end.takesOutput = false
  var requests = ByteStore(.vector)
  for _ in 0..<100 { requests.append(hex: "0101 7f") }
  end.feed(requests.bytes)
  check.expect(!end.connection.wantsInput, "goes on reading")
  check.expect(end.connection.space.count == 0)
  check.expect(end.tally.requests == 1, "more requests than answers that fit")
  check.expect(end.connection.pendingOutput.count <= 160)
  // As soon as something leaves, the next one is taken.
  end.takesOutput = true
  end.largestWrite = Int.max
  check.expect(end.flush())
  end.pollAll()
  check.expect(end.tally.requests == 2)
  check.expect(end.connection.wantsInput)
  end.takesOutput = false
  end.run()
  end.wait(60_000)
  check.expect(end.tally.end == .notReading)
}

// Several answers leave in one write where that was asked for.
func backPressure_smallAnswers_leaveTogether(_ check: inout Checker) {
  var limits = Limits()
  limits.largestResponseByteCount = 32
  var end = TestEnd(limits: limits)
  end.takesOutput = false
  end.feed("0101 01 0101 02 0101 03 00e2 0101 04")
  check.expect(end.tally.requests == 4)
  check.expect(end.connection.pendingOutput.count == 4 * 5 + 2)
}

func pong_noRoom_keepsItsPlace(_ check: inout Checker) {
  var end = TestEnd(sizes: Sizes(transmit: 160), peerCSM: TestEnd.boundlessCSM)
  end.takesOutput = false
  check.expect(end.ask(padding: 60) == nil)
  end.feed("01e2 42 0101 7f 01e2 43")
  end.takesOutput = true
  end.run()
  check.expectMessages(
    &end,
    "0.01 T:50000000 O:- P:64 / 7.03 T:42 O:- P:0 / 2.05 T:7f O:12=2a P:0 / 7.03 T:43 O:- P:0")
}

func endOfStream_requestsWaitForRoom_areStillAnswered(_ check: inout Checker) {
  var end = TestEnd(sizes: Sizes(transmit: 160), peerCSM: TestEnd.boundlessCSM)
  end.takesOutput = false
  end.feed("0101 01 0101 02 0101 03")
  end.endInput()
  check.expect(end.tally.requests == 1)
  end.takesOutput = true
  end.run()
  check.expectOutput(&end, "2145 01 c12a 2145 02 c12a 2145 03 c12a")
  check.expectEnd(&end, .closedByPeer)
}
