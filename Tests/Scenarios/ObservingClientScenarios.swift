import DeviceCore

// Observations of ours (RFC 7641, RFC 8323 section 7).

/// Registers, or uses the token of an observation again.
@inline(never)
private func observe(
  _ end: inout TestEnd, reusing: RequestID? = nil, deregisters: Bool = false
) -> RequestID? {
  do throws(CommandError) {
    let request = try end.connection.request(
      .get, isObserving: !deregisters, reusing: reusing, at: end.now
    ) { writer throws(WriteError) in
      try writer.append(.observe, uint: deregisters ? 1 : 0)
      try writer.append(path: "c")
    }
    if reusing == nil { end.tally.didAsk(request, serial: 0) }
    end.run()
    return request
  } catch {
    return nil
  }
}

// OB-01 O-01 O-02 V-G02 V-G03: whatever Observe says, the order of arrival counts.
func observing_notifications_comeInOrder(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  check.expect(observe(&end) != nil)
  check.expectMessages(&end, "0.01 T:50000000 O:6=,11=63 P:0")
  end.feed("4445 50000000 6105 ff61")
  end.feed("4445 50000000 6103 ff62")
  end.feed("3445 50000000 60 ff63")
  check.expect(end.tally.notifications == 3 && end.tally.responses == 0)
  check.expect(end.connection.requestCount == 0, "nothing is owed")
  check.expect(end.connection.deadline == nil, "an observation has no timeout")
  check.expectOpen(&end)
}

// OB-04: a plain answer is the only one.
func observing_plainAnswer_isTheEnd(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  let request = observe(&end)
  end.output.removeAll()
  end.feed("2445 50000000 ff61")
  check.expect(end.tally.responses == 1 && end.tally.outstanding == 0)
  check.expect(observe(&end, reusing: request) == nil, "its token was used again")
  end.feed("4445 50000000 6105 ff61")
  check.expect(end.tally.notifications == 0, "a notification behind the end")
  check.expectOpen(&end)
}

// OB-07 V-G05: an error, or a success without Observe, ends it.
func observing_errorNotification_isTheEnd(_ check: inout Checker) {
  let ends: InlineArray<3, StaticString> = ["0484 50000000", "1484 50000000 60", "0445 50000000"]
  for index in 0..<3 {
    var end = TestEnd(.initiator)
    _ = observe(&end)
    end.output.removeAll()
    end.feed("4445 50000000 6105 ff61")
    end.feed(ends[index])
    check.expect(end.tally.notifications == 1 && end.tally.responses == 1, "not the end")
    end.feed("4445 50000000 6106 ff61")
    check.expect(end.tally.notifications == 1 && end.tally.outstanding == 0)
    check.expectOpen(&end)
  }
}

// O-05 V-G06: a notification that nobody asked for is dropped, no reason to abort.
func observing_unknownToken_isDropped(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  end.feed("3145 99 60 ff78 3445 50000000 60 ff78")
  check.expect(end.tally.notifications == 0)
  check.expectOpen(&end)
}

// O-08 O-10 OB-09: until the answer comes notifications are what they were, and the token stays in use.
func observing_deregistration_endsWithItsAnswer(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  let request = observe(&end)
  end.output.removeAll()
  end.feed("4445 50000000 6105 ff61")
  check.expect(observe(&end, reusing: request, deregisters: true) == request)
  check.expectMessages(&end, "0.01 T:50000000 O:6=01,11=63 P:0")
  check.expect(end.connection.requestCount == 1)
  end.feed("4445 50000000 6106 ff62")
  check.expect(end.tally.notifications == 2 && end.tally.responses == 0)
  end.feed("2445 50000000 ff63")
  check.expect(end.tally.responses == 1 && end.connection.requestCount == 0)
  check.expect(observe(&end, reusing: request, deregisters: true) == nil)
  check.expectOpen(&end)
}

// O-10: the server ended it while the deregistration was under way.
func observing_deregistrationCrossesAnError_endsOnce(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  let request = observe(&end)
  end.feed("4445 50000000 6105 ff61")
  _ = observe(&end, reusing: request, deregisters: true)
  end.output.removeAll()
  end.feed("0484 50000000 2445 50000000 ff63")
  check.expect(end.tally.responses == 1 && end.tally.lastCode == .notFound)
  check.expect(end.connection.requestCount == 0 && end.connection.deadline == nil)
  check.expectOpen(&end)
}

// OB-02 OB-10: registering anew with the same token; it is answered or it fails.
func observing_renewal_isAnsweredOrTimesOut(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  let request = observe(&end)
  end.feed("4445 50000000 6105 ff61")
  check.expect(observe(&end, reusing: request) == request && end.connection.requestCount == 1)
  end.feed("4445 50000000 6106 ff61")
  check.expect(end.connection.requestCount == 0 && end.tally.notifications == 2)
  check.expect(observe(&end, reusing: request) == request)
  end.output.removeAll()
  end.wait(60_000)
  check.expect(end.tally.failures == 1 && end.tally.lastFailure == .timedOut)
  end.feed("4445 50000000 6107 ff61")
  check.expect(end.tally.notifications == 2 && end.tally.outstanding == 0)
  check.expectOpen(&end)
}

// OB-10: Max-Age and 5 to 15 seconds; 60 when nothing is said; the longest one does not wrap.
func observing_renewalTime_isBehindMaxAge(_ check: inout Checker) {
  let texts: InlineArray<3, StaticString> = [
    "1445 50000000 60", "3445 50000000 60 810a", "6445 50000000 60 84 ffffffff",
  ]
  let seconds: InlineArray<3, UInt32> = [60, 10, 2_000_000]
  for index in 0..<3 {
    let randoms: InlineArray<4, UInt32> = [0, 9_999, 10_000, .max]
    for place in 0..<4 {
      var end = TestEnd(.initiator)
      guard let request = observe(&end) else { return check.fail("not sent") }
      var observation = Observation(request)
      check.expect(observation.renewal == nil)
      let store = ByteStore(.vector, hex: texts[index])
      var reader = MessageReader(store.bytes)
      if let message = reader.next() {
        observation.didReceive(message, random: randoms[place], at: end.now)
      }
      guard let renewal = observation.renewal else { return check.fail("no renewal") }
      let wait = renewal.since(end.now).rawValue
      check.expect(wait >= seconds[index] * 1000 + 5000 && wait < seconds[index] * 1000 + 15_000)
      end.output.removeAll()
    }
  }
}

// Observations count against the table; all of them end with the connection.
func observing_connectionEnds_failsThemAll(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  for _ in 0..<4 { check.expect(observe(&end) != nil) }
  check.expect(observe(&end) == nil, "more than the table holds")
  end.feed("4445 50000000 6105 ff61 4445 50000002 6105 ff61")
  check.expect(end.connection.requestCount == 2)
  end.output.removeAll()
  end.fail()
  check.expect(end.tally.failures == 4 && end.tally.lastFailure == .connectionEnded)
  check.expectEnd(&end, .transportFailed)
}

// O-06: one Ping tells as much as registering all observations anew.
func observing_cancelled_isDroppedInSilence(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  guard let request = observe(&end) else { return check.fail("not sent") }
  end.output.removeAll()
  end.feed("4445 50000000 6105 ff61")
  end.connection.cancel(request)
  end.tally.forget(request)
  end.feed("4445 50000000 6106 ff61")
  check.expect(end.tally.notifications == 1 && end.connection.requestCount == 0)
  check.expectOpen(&end)
}

// a notification with a critical option that nobody knows fails the observation.
func observing_unknownCriticalOption_fails(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  _ = observe(&end)
  end.output.removeAll()
  end.feed("2445 50000000 60 30")
  check.expect(end.tally.failures == 1 && end.tally.outstanding == 0)
  check.expect(end.tally.lastFailure == .unknownCriticalOption(OptionNumber(rawValue: 9)))
  check.expectOpen(&end)
}
