import DeviceCore

// Tokens of more than eight bytes, in both directions (RFC 8974).

@inline(never)
private func ask(_ end: inout TestEnd, stateByteCount: Int, isObserving: Bool = false) -> CommandError? {
  var state = ByteStore(.vector)
  state.append(0x53, repeated: stateByteCount)
  do throws(CommandError) {
    let request = try end.connection.request(
      .get, isObserving: isObserving, state: state.bytes, at: end.now
    ) { writer throws(WriteError) in
      if isObserving { try writer.append(.observe, uint: 0) }
    }
    end.tally.didAsk(request, serial: 0)
    return nil
  } catch {
    return error
  }
}

// ET-05: long tokens only to a peer that takes them, and only as long as it takes.
func longToken_peerDoesNotTakeIt_isNotSent(_ check: inout Checker) {
  var limits = Limits()
  limits.maximumTokenByteCount = 100
  var end = TestEnd(.initiator, limits: limits)
  check.expect(ask(&end, stateByteCount: 4) == nil)
  end.run()
  check.expectOutput(&end, "08 01 50000000 53535353")
  check.expect(ask(&end, stateByteCount: 5) == .tokenTooLong)
  // Extended-Token-Length 20, then 13.
  end.feed("20e1 6114")
  check.expect(ask(&end, stateByteCount: 16) == nil)
  end.run()
  check.expectOutput(&end, "0d 01 07 50000001 {53*16}")
  check.expect(ask(&end, stateByteCount: 17) == .tokenTooLong)
  end.feed("20e1 610d")
  check.expect(ask(&end, stateByteCount: 10) == .tokenTooLong, "the last value counts")
  check.expect(ask(&end, stateByteCount: 9) == nil)
  end.run()
  check.expectOutput(&end, "0d 01 00 50000002 {53*9}")
  end.feed("30e1 620400")
  check.expect(ask(&end, stateByteCount: 61) == .tokenTooLong, "more than 60 bytes")
  check.expect(ask(&end, stateByteCount: 60) == nil)
  end.run()
  check.expectOutput(&end, "0d 01 33 50000003 {53*60}")
  check.expect(end.connection.requestCount == 4)
}

// X-17 ET-01: the answer has to have all of the token, and hands the state back.
func longToken_answer_hasTheState(_ check: inout Checker) {
  var limits = Limits()
  limits.maximumTokenByteCount = 17
  var end = TestEnd(.initiator, limits: limits, peerCSM: "20e1 6140")
  check.expect(ask(&end, stateByteCount: 14) == .tokenTooLong, "could not take the answer")
  check.expect(ask(&end, stateByteCount: 12) == nil)
  end.run()
  end.output.removeAll()
  end.feed("0445 50000000  0d4502 50000000 {53*11}  0d4504 50000000 {53*13}  0d4503 50000000 {53*11} 52")
  check.expect(end.tally.responses == 0, "another token")
  check.expectOpen(&end)
  end.feed("0d4503 50000000 {53*12}")
  check.expect(end.tally.responses == 1 && end.tally.outstanding == 0, "not taken")
  check.expectOpen(&end)
}

// ET-06 ET-07: a server that takes long tokens observes and transfers with them.
func longToken_observedAndInBlocks_isEchoed(_ check: inout Checker) {
  var limits = Limits()
  limits.maximumTokenByteCount = 40
  var server = BodyServer(limits: limits)
  server.feed("4d01 07 {54*20} 60 51 63 00")
  server.end.output.removeAll()
  check.expect(server.end.connection.observerCount == 0, "Uri-Path c and an empty segment")
  server.feed("3d01 07 {54*20} 60 51 63")
  check.expectMessages(&server.end, "2.05 T:{54*20} O:6=01,12=2a P:4:00000000")
  server.resources.count.value = 3
  server.run()
  check.expectMessages(&server.end, "2.05 T:{54*20} O:6=02,12=2a P:4:00000003")
  server.feed("3d01 07 {54*19} 55 60 51 63")
  server.feed("4d01 07 {54*20} 61 01 51 63")
  check.expect(server.end.connection.observerCount == 1, "not the one with this token")
  server.end.output.removeAll()
  server.feed("0d01 1d {54*42}")
  check.expectAbort(&server.end, .format(.tokenTooLong))
}

// ET-01 X-13: with state in both directions at once, between two cores.
func longToken_bothDirections_findTheirRequests(_ check: inout Checker) {
  for seed in UInt32(1)...10 {
    var limits = Limits()
    limits.maximumTokenByteCount = 64
    var pair = Pair(seed: seed, clientLimits: limits, serverLimits: limits)
    check.expect(pair.settle())
    for round in 0..<12 {
      let count = pair.random.below(61)
      check.expect(ask(&pair.client, stateByteCount: count) == nil)
      check.expect(ask(&pair.server, stateByteCount: 60 - count) == nil)
      if round % 3 == 2 { check.expect(pair.settle()) }
    }
    check.expect(pair.settle())
    check.expect(pair.client.tally.responses == 12 && pair.server.tally.responses == 12, "lost")
    check.expect(pair.client.connection.requestCount == 0 && pair.server.connection.requestCount == 0)
    check.expectLegal(pair)
  }
}
