import DeviceCore

// T-01 T-03 T-05: both send their CSM at once; early requests arrive behind it.
func pair_handshake_opensBothAtAnySplit(_ check: inout Checker) {
  for seed in UInt32(1)...50 {
    var pair = Pair(seed: seed, largestPiece: 1 + Int(seed % 5))
    check.expect(pair.client.ask() == nil)
    check.expect(pair.settle())
    check.expect(pair.areBothOpen && pair.client.tally.responses == 1)
    check.expect(pair.client.connection.peerCapabilities.supportsBlockWiseTransfer)
    check.expectLegal(pair)
  }
}

// T-10 T-11 T-13 T-14: both ask, in all ways at once.
func pair_bothAskAtOnce_everyAnswerFindsItsRequest(_ check: inout Checker) {
  for seed in UInt32(1)...30 {
    var pair = Pair(seed: seed, largestPiece: 1 + Int(seed) * 3)
    check.expect(pair.settle())
    var clientAsked = 0
    var serverAsked = 0
    for round in 0..<20 {
      let method: Code = round % 3 == 0 ? .post : .get
      while pair.client.ask(method, padding: pair.random.below(200)) == nil { clientAsked += 1 }
      let other: Code = round % 2 == 0 ? .get : .post
      while pair.server.ask(other, padding: pair.random.below(200)) == nil { serverAsked += 1 }
      for _ in 0..<8 { _ = pair.step() }
      // Postponed ones are answered last first.
      for index in 0..<32 {
        _ = pair.client.answer(31 - index)
        _ = pair.server.answer(31 - index)
      }
    }
    pair.client.handler.answersDeferred = true
    pair.server.handler.answersDeferred = true
    check.expect(pair.settle())
    check.expect(pair.client.tally.responses == clientAsked && clientAsked >= 4)
    check.expect(pair.server.tally.responses == serverAsked && serverAsked >= 4)
    check.expect(pair.client.tally.failures == 0 && pair.server.tally.failures == 0)
    check.expectLegal(pair)
  }
}

// R-01 R-05 AMB 18
func pair_released_endsOnBothSides(_ check: inout Checker) {
  for seed in UInt32(1)...30 {
    var pair = Pair(seed: seed)
    check.expect(pair.settle())
    while pair.client.ask(seed % 2 == 0 ? .get : .post) == nil {}
    check.expect(pair.server.ask() == nil)
    for _ in 0..<Int(seed % 7) { _ = pair.step() }
    if seed % 3 != 0 { pair.client.connection.release(at: pair.now) }
    if seed % 3 != 1 { pair.server.connection.release(at: pair.now) }
    pair.client.handler.answersDeferred = true
    pair.server.handler.answersDeferred = true
    check.expect(pair.settle())
    check.expect(pair.areBothOver, "not over")
    check.expect(pair.client.tally.failures == 0 && pair.server.tally.failures == 0, "unanswered")
    let ends = (pair.client.tally.end, pair.server.tally.end)
    check.expect(ends.0 == .released || ends.0 == .releasedByPeer)
    check.expect(ends.1 == .released || ends.1 == .releasedByPeer)
    check.expectLegal(pair)
  }
}

// A-01 A-02
func pair_aborted_endsOnBothSides(_ check: inout Checker) {
  for seed in UInt32(1)...30 {
    var pair = Pair(seed: seed)
    check.expect(pair.settle())
    while pair.client.ask(padding: 100) == nil {}
    check.expect(pair.server.ask(.post) == nil)
    for _ in 0..<Int(seed % 9) { _ = pair.step() }
    pair.client.connection.abort("test", at: pair.now)
    check.expect(pair.settle())
    check.expect(pair.areBothOver, "not over")
    check.expect(pair.client.tally.end == .abortedLocally)
    check.expect(pair.server.tally.end == .abortedByPeer && pair.server.tally.aborts == 1)
    check.expectLegal(pair)
  }
}

// P-01 P-08
func pair_pings_areAnswered(_ check: inout Checker) {
  for seed in UInt32(1)...20 {
    var pair = Pair(seed: seed, largestPiece: 3)
    check.expect(pair.settle())
    check.expect(pair.client.ask(.post) == nil)
    check.expect(pair.client.ping(custody: seed % 2 == 0) == nil)
    check.expect(pair.server.ping(custody: seed % 3 == 0) == nil)
    check.expect(pair.settle())
    check.expect(pair.server.tally.pongs == 1)
    check.expect(pair.server.tally.lastPongCustody == (seed % 3 == 0))
    check.expect(pair.client.tally.pongs == (seed % 2 == 0 ? 0 : 1))
    pair.server.handler.answersDeferred = true
    check.expect(pair.settle())
    check.expect(pair.client.tally.pongs == 1 && pair.client.tally.responses == 1)
    check.expectLegal(pair)
  }
}

// F-03 T-11: bodies around each form of the length, there and back.
func pair_largeBodies_areEchoed(_ check: inout Checker) {
  var limits = Limits()
  limits.maximumMessageByteCount = UInt32(Region.capacity)
  var pair = Pair(
    seed: 5, largestPiece: 4000, clientLimits: limits, serverLimits: limits, clientSizes: .large,
    serverSizes: .large)
  check.expect(pair.settle())
  expectEchoes(&check, &pair, around: 4)
  expectEchoes(&check, &pair, around: 260)
  expectEchoes(&check, &pair, around: 65796)
  check.expectLegal(pair)
}

@inline(never)
private func expectEchoes(_ check: inout Checker, _ pair: inout Pair, around size: Int) {
  for padding in size..<size + 12 {
    let before = pair.client.tally.responses
    check.expect(pair.client.ask(padding: padding) == nil)
    check.expect(pair.settle())
    check.expect(pair.client.tally.responses == before + 1 && pair.client.tally.lastCode == .content)
  }
}

// P-04: the line goes dead without a word.
func pair_lineDead_bothNotice(_ check: inout Checker) {
  var limits = Limits()
  limits.keepAliveInterval = .seconds(30)
  var pair = Pair(seed: 3, clientLimits: limits, serverLimits: limits)
  check.expect(pair.settle())
  pair.wait(30_000)
  check.expect(pair.client.tally.pongs == 1 && pair.server.tally.pongs == 1)
  pair.wait(20_000)
  check.expect(pair.client.tally.closed == 0 && pair.server.tally.closed == 0)
  check.expect(pair.client.ask(.post) == nil)
  // From here on each is alone.
  pair.client.takesOutput = false
  pair.server.takesOutput = false
  for _ in 0..<4 {
    pair.client.waitForDeadline()
    pair.server.waitForDeadline()
  }
  check.expect(pair.client.tally.end == .unresponsive && pair.client.tally.failures == 1)
  check.expect(pair.server.tally.end == .unresponsive)
  check.expectLegal(pair)
}

private func tinyPair(_ seed: UInt32) -> Pair {
  var limits = Limits()
  limits.maximumMessageByteCount = 64
  return Pair(
    seed: seed, largestPiece: 5, wireCapacity: 16, clientLimits: limits, serverLimits: limits,
    clientSizes: Sizes(receive: 64, transmit: 160, requests: 8),
    serverSizes: Sizes(receive: 64, transmit: 160, requests: 8))
}

// Tiny buffers everywhere: slow, and nothing lost.
func pair_tinyBuffers_everythingArrives(_ check: inout Checker) {
  for seed in UInt32(1)...10 {
    var pair = tinyPair(seed)
    check.expect(pair.settle())
    var asked = 0
    for _ in 0..<20_000 where asked < 100 {
      if pair.client.ask(padding: pair.random.below(40)) == nil { asked += 1 }
      _ = pair.step()
    }
    check.expect(pair.settle())
    check.expect(asked == 100 && pair.client.tally.responses == 100)
    // And the other way round.
    asked = 0
    for _ in 0..<20_000 where asked < 100 {
      if pair.server.ask(padding: pair.random.below(40)) == nil { asked += 1 }
      _ = pair.step()
    }
    check.expect(pair.settle())
    check.expect(asked == 100 && pair.server.tally.responses == 100)
    check.expectLegal(pair)
  }
}

// Two ends that fill all buffers with requests, each waiting for the other to read first: without a
// window for each role nobody can go on. It costs no more than the stall timer.
func pair_bothFloodTinyBuffers_getsThroughOrEnds(_ check: inout Checker) {
  for seed in UInt32(1)...10 {
    var pair = tinyPair(seed)
    check.expect(pair.settle())
    for _ in 0..<200 {
      while pair.client.ask(padding: pair.random.below(40)) == nil {}
      while pair.server.ask(padding: pair.random.below(40)) == nil {}
      _ = pair.step()
    }
    check.expect(pair.settle())
    if pair.client.tally.outstanding > 0 || pair.server.tally.outstanding > 0 {
      pair.waitForTheEnd()
      check.expect(pair.areBothOver, "hangs")
      let end = pair.client.tally.end
      check.expect(end == .notReading || end == .closedByPeer || end == .truncated, "other end")
    }
    check.expect(pair.client.tally.outstanding == 0 && pair.server.tally.outstanding == 0)
    check.expectLegal(pair)
  }
}
