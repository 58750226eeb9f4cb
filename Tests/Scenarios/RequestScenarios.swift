import DeviceCore

@inline(never)
private func client(_ limits: Limits = Limits(), sizes: Sizes = Sizes()) -> TestEnd {
  TestEnd(.initiator, slot: .client, limits: limits, sizes: sizes)
}

// F-10 T-16: one message goes out for a request, and nothing for its response.
func request_answered_isOneMessageEachWay(_ check: inout Checker) {
  var end = client()
  check.expect(end.ask() == nil)
  end.run()
  check.expectOutput(&end, "54 01 50000000 ff 01000001")
  end.wait(59_000)
  check.expect(end.output.isEmpty, "repeated")
  end.feed("54 45 50000000 ff 01000001")
  check.expect(end.tally.responses == 1 && end.connection.requestCount == 0)
  check.expectOpen(&end)
}

// T-10 T-11 X-17
func requests_answeredInAnyOrder_areMatchedByToken(_ check: inout Checker) {
  var end = client()
  for _ in 0..<3 { check.expect(end.ask() == nil) }
  end.run()
  end.output.removeAll()
  end.feed("54 45 50000002 ff 01000003  54 45 50000000 ff 01000001")
  check.expect(end.tally.responses == 2 && end.tally.outstanding == 1)
  end.feed("54 45 50000001 ff 01000002")
  check.expect(end.tally.responses == 3 && end.tally.outstanding == 0)
  check.expectOpen(&end)
}

// X-17 AMB 11 O-05
func response_nobodyAskedFor_isDropped(_ check: inout Checker) {
  var end = client()
  check.expect(end.ask() == nil)
  end.run()
  end.output.removeAll()
  end.feed("0445 50000001  0045  0345 500000  0545 5000000000  0845 5000000050000000")
  check.expect(end.tally.responses == 0 && end.tally.outstanding == 1)
  // The second one for the same request is one that nobody asked for.
  end.feed("54 45 50000000 ff 01000001  54 45 50000000 ff 01000001")
  check.expect(end.tally.responses == 1)
  check.expectOpen(&end)
}

// X-22 AMB 10
func response_withUnknownCriticalOption_failsThatExchangeOnly(_ check: inout Checker) {
  var end = client()
  check.expect(end.ask() == nil && end.ask() == nil)
  end.run()
  end.output.removeAll()
  end.feed("64 45 50000000 e106f478 ff70")
  check.expect(end.tally.lastFailure == .unknownCriticalOption(OptionNumber(rawValue: 2049)))
  // libcoap repeats in a 4.02 the option that it complains about.
  end.feed("64 82 50000001 e106f478 ff70")
  check.expect(end.tally.responses == 1 && end.tally.lastCode == .badOption)
  check.expectOpen(&end)
}

// X-19 X-26
func response_withUnknownElectiveOption_isDelivered(_ check: inout Checker) {
  var end = client()
  check.expect(end.ask() == nil)
  end.run()
  end.output.removeAll()
  end.feed("84 45 50000000 d1ff78 ff 01000001")
  check.expect(end.tally.responses == 1)
  check.expectOpen(&end)
}

func request_notAnswered_timesOutAndALateAnswerIsDropped(_ check: inout Checker) {
  var end = client()
  check.expect(end.ask() == nil)
  end.run()
  end.output.removeAll()
  check.expect(end.connection.deadline == end.now + .seconds(60))
  end.wait(60_000)
  check.expect(end.tally.lastFailure == .timedOut && end.tally.failures == 1)
  end.feed("54 45 50000000 ff 01000001")
  check.expect(end.tally.responses == 0)
  check.expectOpen(&end)
}

func request_cancelled_endsWithoutAnEvent(_ check: inout Checker) {
  var end = client()
  check.expect(end.ask() == nil)
  end.run()
  end.output.removeAll()
  if let request = end.tally.anyOutstanding {
    end.connection.cancel(request)
    end.connection.cancel(request)
    end.tally.forget(request)
  }
  check.expect(end.connection.requestCount == 0)
  end.feed("54 45 50000000 ff 01000001")
  end.wait(100_000)
  check.expect(end.tally.responses == 0 && end.tally.failures == 0)
  check.expectOpen(&end)
}

func requests_moreThanTheTable_areRefusedUntilOneEnds(_ check: inout Checker) {
  var end = client()
  for _ in 0..<4 { check.expect(end.ask() == nil) }
  check.expect(end.ask() == .tooManyUnderWay)
  end.feed("54 45 50000002 ff 01000003")
  check.expect(end.ask() == nil)
  check.expect(end.ask() == .tooManyUnderWay)
  end.run()
  check.expectLegal(end)
}

// T-10: an end without a table asks nothing, and serves.
func requests_noTable_areRefused(_ check: inout Checker) {
  var end = client(sizes: Sizes(requests: 0, deferred: 0))
  check.expect(end.ask() == .tooManyUnderWay)
  end.feed("01017f 01027e")
  check.expectMessages(
    &end, "2.05 T:7f O:12=2a P:0 / 5.03 T:7e O:- P:25")
  check.expectOpen(&end)
}

func request_noRoom_isRefusedUntilOutputLeaves(_ check: inout Checker) {
  var end = client(sizes: Sizes(transmit: 160))
  end.takesOutput = false
  check.expect(end.ask(padding: 50) == nil)
  check.expect(end.ask(padding: 50) == .noRoom)
  check.expect(end.ping() == .noRoom)
  check.expect(end.ask(padding: 100) == .noRoom)
  end.takesOutput = true
  end.run()
  check.expect(end.ask(padding: 100) == .tooLarge)
  check.expect(end.ask(padding: 50) == nil)
  end.run()
  check.expectMessages(&end, "0.01 T:50000000 O:- P:54 / 0.01 T:50000001 O:- P:54")
}

// T-14 T-17: who dialled and who asks are independent.
func request_fromTheAcceptor_isAnswered(_ check: inout Checker) {
  var end = TestEnd(.acceptor)
  check.expect(end.ask(.post) == nil)
  end.run()
  check.expectOutput(&end, "54 02 50000000 ff 01000001")
  end.feed("54 45 50000000 ff 01000001")
  check.expect(end.tally.responses == 1)
  check.expectOpen(&end)
}

// Every end of a connection tells each request first.
func requests_connectionEnds_failBeforeTheLastEvent(_ check: inout Checker) {
  var end = client()
  for _ in 0..<3 { check.expect(end.ask() == nil) }
  end.run()
  end.output.removeAll()
  end.fail()
  check.expect(end.tally.failures == 3 && end.tally.lastFailure == .connectionEnded)
  check.expectEnd(&end, .transportFailed)
  check.expect(end.ask() == .ending)
  check.expect(end.ping() == .ending)
}
