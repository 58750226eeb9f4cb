import DeviceCore

// T-01 T-03 C-01 C-14 C-18: neither end waits for the other.
func handshake_connectionOpened_sendsCapabilitiesFirst(_ check: inout Checker) {
  var initiator = TestEnd(.initiator, slot: .client, peerCSM: "")
  initiator.run()
  check.expectOutput(&initiator, "40e1 220480 20")
  var acceptor = TestEnd(.acceptor, peerCSM: "")
  acceptor.run()
  check.expectOutput(&acceptor, "40e1 220480 20")
  check.expect(!acceptor.connection.isOpen)
  acceptor.feed("00e1")
  check.expect(acceptor.connection.isOpen && acceptor.output.isEmpty)
}

// ET-03 C-20
func handshake_largerLimits_areAnnounced(_ check: inout Checker) {
  var limits = Limits()
  limits.maximumTokenByteCount = 300
  limits.maximumMessageByteCount = 70000
  var end = TestEnd(limits: limits, sizes: .large, peerCSM: "")
  end.run()
  check.expectOutput(&end, "80e1 23011170 20 22012c")
}

// T-05 T-06: within the base size, whatever the peer will announce.
func handshake_initiatorEarly_mayAskWithinTheBaseSize(_ check: inout Checker) {
  var end = TestEnd(.initiator, peerCSM: "")
  check.expect(end.ask() == nil)
  check.expect(end.ping() == nil)
  end.run()
  check.expectOutput(&end, "40e1 220480 20  54 01 50000000 ff 01000001  04e2 50000001")
  check.expect(end.ask(padding: 1152 - 13) == nil)
  end.run()
  check.expect(end.output.count == 1152)
  end.output.removeAll()
  check.expect(end.ask(padding: 1152 - 12) == .tooLarge)
  end.feed("00e1 54 45 50000000 ff 01000001")
  check.expect(end.tally.responses == 1)
  end.output.removeAll()
  check.expectOpen(&end)
}

// T-05: an acceptor cannot know yet to whom it speaks.
func handshake_acceptorEarly_mayNotAsk(_ check: inout Checker) {
  var end = TestEnd(.acceptor, peerCSM: "")
  check.expect(end.ask() == .notReady)
  check.expect(end.ping() == .notReady)
  end.feed("00e1")
  check.expect(end.ask() == nil)
  check.expect(end.ping() == nil)
}

// T-05
func handshake_requestInTheSameSegment_isServed(_ check: inout Checker) {
  var end = TestEnd(peerCSM: "")
  end.run()
  end.output.removeAll()
  end.feed("00e1 01017f")
  check.expectOutput(&end, "2145 7f c12a")
}

// T-07 T-09
func handshake_silentPeer_isAbortedAfterTheTimer(_ check: inout Checker) {
  var end = TestEnd(peerCSM: "")
  end.run()
  end.output.removeAll()
  check.expect(end.connection.deadline == end.now + .seconds(30))
  end.wait(29_999)
  check.expect(end.output.isEmpty && end.tally.closed == 0)
  end.wait(1)
  check.expectAbort(&end, .capabilitiesMissing)
}

@inline(never)
private func expectNotFirst(_ check: inout Checker, _ hex: StaticString, line: UInt32 = #line) {
  var end = TestEnd(peerCSM: "")
  end.run()
  end.output.removeAll()
  end.feed(hex)
  check.expectAbort(&end, .capabilitiesNotFirst, line: line)
  check.expect(end.tally.requests == 0 && end.tally.capabilities == 0, "processed", line: line)
}

// T-07
func handshake_otherMessageFirst_aborts(_ check: inout Checker) {
  expectNotFirst(&check, "01017f 00e1")
  expectNotFirst(&check, "01457f 00e1")
  expectNotFirst(&check, "00e2 00e1")
  expectNotFirst(&check, "00e3 00e1")
  expectNotFirst(&check, "00e4 00e1")
  expectNotFirst(&check, "00e6 00e1")
  expectNotFirst(&check, "0020 00e1")
}

// T-08
func handshake_capabilitiesWithASyntaxError_abort(_ check: inout Checker) {
  var end = TestEnd(peerCSM: "")
  end.run()
  end.output.removeAll()
  end.feed("10e1 23")
  check.expectAbort(&end, .format(.truncatedOption))
}

// L-02 AMB 1
func handshake_emptyMessagesFirst_areIgnored(_ check: inout Checker) {
  var end = TestEnd(peerCSM: "")
  end.run()
  end.output.removeAll()
  end.feed("0000 0000 00e1 0000")
  check.expectOpen(&end)
}

//
func handshake_abortFirst_closes(_ check: inout Checker) {
  var end = TestEnd(peerCSM: "")
  end.run()
  end.output.removeAll()
  end.feed("00e5")
  check.expect(end.tally.aborts == 1)
  check.expectEnd(&end, .abortedByPeer)
}

@inline(never)
private func legacy() -> TestEnd {
  var limits = Limits()
  limits.legacyPeerWait = .seconds(1)
  var end = TestEnd(.initiator, limits: limits, peerCSM: "")
  end.run()
  end.output.removeAll()
  return end
}

// T-09: the opt-in for peers that never send a CSM.
func handshake_legacyPeer_goesOnAfterTheWait(_ check: inout Checker) {
  var end = legacy()
  end.wait(999)
  check.expect(end.tally.assumed == 0 && !end.connection.isOpen)
  end.wait(1)
  check.expect(end.tally.assumed == 1)
  check.expectOpen(&end)
  check.expect(end.connection.peerCapabilities == Capabilities())
  check.expect(end.connection.deadline == nil, "still waiting")
  // A CSM that comes after all is taken.
  end.feed("30e1 221000")
  check.expect(end.tally.capabilities == 1)
  check.expect(end.connection.peerCapabilities.maximumMessageByteCount == 4096)
}

func handshake_legacyPeerAsksFirst_isServed(_ check: inout Checker) {
  var end = legacy()
  end.feed("01017f")
  check.expect(end.tally.assumed == 1)
  check.expectOutput(&end, "2145 7f c12a")
  check.expectOpen(&end)
}

// T-04: the acceptor's CSM may come late, early answers after it.
func handshake_acceptorAnswersLate_clientCopes(_ check: inout Checker) {
  var end = TestEnd(.initiator, peerCSM: "")
  check.expect(end.ask() == nil)
  end.wait(20_000)
  end.output.removeAll()
  end.feed("00e1")
  end.wait(20_000)
  end.feed("54 45 50000000 ff 01000001")
  check.expect(end.tally.responses == 1)
  check.expectOpen(&end)
}
