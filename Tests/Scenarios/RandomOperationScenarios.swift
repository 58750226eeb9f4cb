import DeviceCore

/// One command, chance or passing of time on a pair.
private func act(_ pair: inout Pair) {
  let isClient = pair.random.oneIn(2)
  switch pair.random.below(16) {
  case 0...3:
    let padding = pair.random.oneIn(8) ? pair.random.below(900) : pair.random.below(30)
    let method: Code = pair.random.oneIn(3) ? .post : pair.random.oneIn(5) ? .put : .get
    _ =
      isClient
      ? pair.client.ask(method, padding: padding) : pair.server.ask(method, padding: padding)
  case 4: _ = isClient ? pair.client.ping() : pair.server.ping(custody: true)
  case 5, 6:
    let index = pair.random.below(6)
    _ = isClient ? pair.client.answer(index) : pair.server.answer(index)
  case 7:
    if let request = pair.client.tally.anyOutstanding, pair.random.oneIn(4) {
      pair.client.connection.cancel(request)
      pair.client.tally.forget(request)
    }
  case 8: pair.wait(UInt32(pair.random.below(pair.random.oneIn(6) ? 20_000 : 50)))
  default: for _ in 0..<pair.random.below(6) { _ = pair.step() }
  }
}

private func end(_ pair: inout Pair) {
  switch pair.random.below(6) {
  case 0: pair.client.connection.abort("test", at: pair.now)
  case 1: pair.server.connection.abort("test", at: pair.now)
  case 2: pair.client.connection.release(at: pair.now)
  case 3:
    pair.client.connection.release(holdOffSeconds: 5, at: pair.now)
    pair.server.connection.release(at: pair.now)
  case 4: pair.server.fail()
  default: pair.server.connection.release(at: pair.now)
  }
}

// Any sequence of commands at any time: every request ends in one event, and both ends come to an end.
func pair_randomOperations_endLegally(_ check: inout Checker) {
  for seed in UInt32(1)...120 {
    var limits = Limits()
    if seed % 2 == 0 { limits.largestResponseByteCount = 64 }
    if seed % 5 == 0 { limits.keepAliveInterval = .seconds(3) }
    if seed % 7 == 0 { limits.idleTimeout = .seconds(10) }
    var pair = Pair(
      seed: seed, largestPiece: 1 + Int(seed % 90), clientLimits: limits, serverLimits: limits,
      clientSizes: Sizes(transmit: 160 + Int(seed) * 20),
      serverSizes: Sizes(receive: 1152, transmit: 2500 - Int(seed) * 15))
    pair.server.handler.largeByteCount = Int(seed) * 7
    for _ in 0..<60 { act(&pair) }
    end(&pair)
    for _ in 0..<10 { act(&pair) }
    pair.client.handler.answersDeferred = true
    pair.server.handler.answersDeferred = true
    pair.waitForTheEnd()
    check.expect(pair.areBothOver, "not over")
    check.expect(pair.client.tally.outstanding == 0 && pair.server.tally.outstanding == 0)
    check.expect(pair.client.connection.deadline == nil && pair.server.connection.deadline == nil)
    check.expectLegal(pair)
  }
}

// The same sequence with other cuts leads to the same answers, as long as nothing depends on time.
func pair_sameRequestsOtherCuts_sameAnswers(_ check: inout Checker) {
  for seed in UInt32(1)...20 {
    for largestPiece in 1...6 {
      var pair = Pair(seed: seed, largestPiece: largestPiece * largestPiece * largestPiece)
      check.expect(pair.settle())
      var choices = Random(seed: seed)
      for _ in 0..<12 {
        let padding = choices.below(100)
        check.expect(
          (choices.oneIn(2) ? pair.client.ask(padding: padding) : pair.server.ask(padding: padding)) == nil)
        check.expect(pair.settle())
      }
      check.expect(pair.client.tally.responses + pair.server.tally.responses == 12)
      check.expect(pair.client.tally.requests == pair.server.tally.responses)
      check.expectLegal(pair)
    }
  }
}
