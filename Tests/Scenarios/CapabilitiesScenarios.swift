import DeviceCore

extension Checker {
  /// Feeds the messages to a fresh connection and looks at what it knows of its peer.
  @inline(never)
  fileprivate mutating func expectCapabilities(
    _ hex: StaticString, size: UInt32 = 1152, blockWise: Bool = false, token: UInt32 = 8,
    bert: Bool = false, events: Int = 1, line: UInt32 = #line
  ) {
    var end = TestEnd(peerCSM: "")
    end.run()
    end.output.removeAll()
    end.feed(hex)
    let peer = end.connection.peerCapabilities
    expect(peer.maximumMessageByteCount == size, "Max-Message-Size", line: line)
    expect(peer.supportsBlockWiseTransfer == blockWise, "Block-Wise-Transfer", line: line)
    expect(peer.maximumTokenByteCount == token, "Extended-Token-Length", line: line)
    expect(peer.supportsBERT == bert, "BERT", line: line)
    expect(end.tally.capabilities == events, "events", line: line)
    expect(end.output.isEmpty && end.connection.isOpen, "not open", line: line)
  }

  @inline(never)
  fileprivate mutating func expectInvalid(
    _ hex: StaticString, _ fault: ProtocolFault, line: UInt32 = #line
  ) {
    var end = TestEnd(peerCSM: "")
    end.run()
    end.output.removeAll()
    end.feed(hex)
    var reader = MessageReader(end.output.bytes)
    if let abort = reader.next() {
      let bad = abort.firstOption(SignalingOption.badCSMOption)
      expect(bad?.uint == fault.number.map { UInt32($0) }, "Bad-CSM-Option", line: line)
    }
    expectAbort(&end, fault, line: line)
    expect(end.tally.capabilities == 0, "taken over", line: line)
    expect(end.connection.peerCapabilities == Capabilities(), "taken over", line: line)
  }
}

// T-02 C-03 C-05 C-08 C-14
func capabilities_optionsMissing_keepBaseValues(_ check: inout Checker) {
  check.expectCapabilities("00e1")
  check.expectCapabilities("10e1 40", blockWise: true)
  check.expectCapabilities("08e1 a1b2c3d4e5f60718")
}

// C-07 C-10 C-13 C-15 C-21
func capabilities_oneMessage_isTakenOver(_ check: inout Checker) {
  check.expectCapabilities("40e1 220480 20", blockWise: true)
  check.expectCapabilities("40e1 220481 20", size: 1153, blockWise: true, bert: true)
  check.expectCapabilities("50e1 24ffffffff", size: .max)
  check.expectCapabilities("50e1 2400000480")
  check.expectCapabilities("10e1 20", size: 0)
  check.expectCapabilities("90e1 220480 ff 68656c6c6f")
}

// C-02 C-03 C-04 C-09 C-16
func capabilities_laterMessages_addUp(_ check: inout Checker) {
  check.expectCapabilities(
    "40e1 221000 20 00e1", size: 4096, blockWise: true, bert: true, events: 2)
  check.expectCapabilities("40e1 221000 20 30e1 220480", blockWise: true, events: 2)
  check.expectCapabilities("30e1 221000 10e1 40", size: 4096, blockWise: true, bert: true, events: 2)
  check.expectCapabilities("30e1 221000 20e1 6110", size: 4096, token: 16, events: 2)
  check.expectCapabilities("20e1 6110 20e1 6120", token: 32, events: 2)
  check.expectCapabilities("20e1 6110 20e1 6108", events: 2)
}

// ET-04 ET-05
func capabilities_tokenLengthOutOfRange_isIgnoredOrClamped(_ check: inout Checker) {
  check.expectCapabilities("20e1 6107")
  check.expectCapabilities("10e1 60")
  check.expectCapabilities("20e1 6109", token: 9)
  check.expectCapabilities("40e1 6301010c", token: 65804)
  check.expectCapabilities("40e1 630186a0", token: 65804)
  check.expectCapabilities("20e1 6110 20e1 6107", token: 16, events: 2)
}

// C-19 S-06 X-25 AMB 6
func capabilities_repeatedOrUnknownElective_isIgnored(_ check: inout Checker) {
  check.expectCapabilities("60e1 220480 021000")
  check.expectCapabilities("60e1 221000 020480", size: 4096)
  check.expectCapabilities("30e1 827a7a")
  check.expectCapabilities("20e1 4101")
  check.expectCapabilities("10e1 00")
}

// T-08 C-19 S-05 A-05 A-06 AMB 6
func capabilities_impossibleOption_abortsAndNamesIt(_ check: inout Checker) {
  check.expectInvalid("60e1 250000000480", .invalidCapability(2))
  check.expectInvalid("50e1 6400000010", .invalidCapability(6))
  check.expectInvalid("10e1 10", .unknownCapability(1))
  check.expectInvalid("40e1 220480 10", .unknownCapability(3))
  check.expectInvalid("30e1 e0fcdc", .unknownCapability(65001))
  check.expectInvalid("20e1 d000", .unknownCapability(13))
}

// C-02 C-19: a CSM that comes later is held to the same rules.
func capabilities_laterOneInvalid_aborts(_ check: inout Checker) {
  var end = TestEnd(peerCSM: "30e1 221000")
  end.feed("40e1 220480 10")
  check.expect(end.connection.peerCapabilities.maximumMessageByteCount == 4096)
  check.expectMessages(
    &end, "7.05 T:- O:2=03 P:29", "no Abort that names the option")
  check.expectEnd(&end, .aborted(.unknownCapability(3)))
}

// T-18: the next connection starts from base values.
func capabilities_newConnection_startsOver(_ check: inout Checker) {
  var first = TestEnd(peerCSM: TestEnd.boundlessCSM)
  check.expect(first.connection.peerCapabilities.supportsBERT)
  first.fail()
  let second = TestEnd(peerCSM: TestEnd.baseCSM)
  check.expect(second.connection.peerCapabilities == Capabilities())
}

// AMB 25: a lower limit that comes while a larger message is half out holds for the next one.
func capabilities_loweredWhileSending_holdForTheNextMessage(_ check: inout Checker) {
  var end = TestEnd(.initiator, peerCSM: TestEnd.boundlessCSM)
  check.expect(end.ask(padding: 100) == nil)
  end.largestWrite = 10
  end.pollAll()
  check.expect(end.flush())
  end.takesOutput = false
  end.feed("20e1 2140")
  check.expect(end.ask(padding: 100) == .tooLarge)
  check.expect(end.ask(padding: 20) == nil)
  end.takesOutput = true
  end.run()
  check.expectMessages(&end, "0.01 T:50000000 O:- P:104 / 0.01 T:50000001 O:- P:24")
}

// AMB 16 C-12
func capabilities_peerTakesNothing_nothingIsSent(_ check: inout Checker) {
  var end = TestEnd(.initiator, peerCSM: "10e1 20")
  check.expect(end.send(.get) { _ in } == .tooLarge)
  end.feed("01017f 01e27f 01037f")
  check.expect(end.output.isEmpty, "output")
  end.feed("0f")
  check.expect(end.output.isEmpty, "output")
  check.expectEnd(&end, .aborted(.format(.reservedTokenLength)))
}

// AMB 16 C-12: what the limit allows is sent, and no more.
func capabilities_peerTakesLittle_answersAreCut(_ check: inout Checker) {
  var end = TestEnd(peerCSM: "20e1 2108")
  // The echo does not fit, its error code does.
  end.feed("8101 7f ff 41414141414141")
  check.expectMessages(&end, "5.00 T:7f O:- P:0")
  end.feed("08e2 0102030405060708")
  check.expect(end.output.isEmpty, "a Pong that does not fit")
  end.feed("02e2 0102")
  check.expectOutput(&end, "02e3 0102")
  end.feed("0f")
  check.expectMessages(&end, "7.05 T:- O:- P:0")
}
