import DeviceCore
import Port
import Testing

/// How a supervisor connects, and what it does when it cannot.
@Suite struct SupervisorConnectionTests {
  private let home = SupervisedDevice.home

  @Test func start_connects_throughEveryState() {
    let device = SupervisedDevice()
    #expect(device.state == .idle)
    device.server.opening = [.nothingYet, .busy, .open]
    device.connect()
    #expect(device.notes.states.count == 4)
    guard case .waiting(let moment, nil) = device.notes.states[0] else {
      Issue.record("\(device.notes.states)")
      return
    }
    #expect(!(.seconds(1) < moment.since(Instant(rawValue: 1000))), "a short pause that nobody foresees")
    #expect(
      device.notes.states[1...]
        == [.opening(home, until: moment + .seconds(30)), .greeting(home), .connected(home)])
    #expect(device.server.acceptedCount == 1)
  }

  @Test func boards_thatStartTogether_dialAtDifferentMoments() {
    var moments: Set<UInt32> = []
    for seed in 1...20 {
      let device = SupervisedDevice(seed: UInt64(seed))
      device.connect()
      moments.insert(device.network.dialled[0].time.rawValue)
    }
    #expect(moments.count > 15)
  }

  @Test func server_thatRefuses_isTriedAgain_withPausesThatDouble() {
    let device = SupervisedDevice()
    device.server.isUp = false
    device.run(for: .seconds(600))
    let times = device.network.dialled.map(\.time)
    let pauses = zip(times, times.dropFirst()).map { $1.since($0).rawValue }
    for (index, pause) in pauses.enumerated() {
      let whole = min(UInt32(1000) << min(UInt32(index), 10), 60_000)
      #expect((whole / 2...whole).contains(pause), "pause \(index)")
    }
    #expect(pauses.count > 12)
    #expect(Set(pauses.suffix(8)).count > 4, "they are random")
    #expect(device.notes.setbacks.dropFirst().allSatisfy { $0 == .notOpened(nil) })
  }

  @Test func server_thatComesBack_isFound() {
    let device = SupervisedDevice()
    device.server.isUp = false
    device.run(for: .seconds(100))
    device.server.isUp = true
    #expect(device.run(until: .seconds(61)) { device.isConnected })
  }

  @Test func stream_thatNeverOpens_isGivenUpAtItsDeadline() {
    let device = SupervisedDevice { $0.openTimeout = .seconds(7) }
    device.server.opening = [.nothingYet]
    device.run(until: .seconds(2)) { device.network.dialled.count == 1 }
    device.board.advance(by: Milliseconds(6999))
    #expect(device.settle() == device.network.dialled[0].time + .seconds(7))
    device.board.advance(by: Milliseconds(1))
    device.settle()
    #expect(device.notes.setbacks.last == .notOpened(nil))
  }

  @Test func handshake_thatFails_isReported_whenThePeerWasTold() {
    let device = SupervisedDevice()
    device.server.opening = [.failing]
    device.server.failure = .local(.keysDiffer)
    device.run(until: .seconds(2)) { device.network.dialled.count == 1 }
    #expect(device.settle() == device.board.now + Limits().lingerTimeout)
    device.run(for: Limits().lingerTimeout)
    #expect(device.notes.setbacks.last == .notOpened(.local(.keysDiffer)))
  }

  @Test func dialler_withoutMemory_isAskedAgain() {
    let device = SupervisedDevice()
    device.network.isExhausted = true
    device.run(for: .seconds(20))
    #expect(device.network.dialled.count > 3)
    #expect(device.notes.setbacks.last == .notDialled)
    device.network.isExhausted = false
    #expect(device.run(until: .seconds(61)) { device.isConnected })
  }

  @Test func server_thatIsNotKnown_isLookedUpAgain() {
    let device = SupervisedDevice()
    device.notes.server = .unknown
    device.run(for: .seconds(20))
    #expect(device.notes.setbacks.last == .notLocated)
    #expect(device.network.dialled.isEmpty)
    device.notes.server = .pending
    device.run(until: .seconds(61)) {
      if case .lookingUp = device.state { true } else { false }
    }
    device.run(for: .seconds(3))
    device.notes.server = .found(home)
    device.run(for: .seconds(1))
    #expect(device.isConnected)
  }

  @Test func lookUp_thatNeverEnds_isGivenUp() {
    let device = SupervisedDevice { $0.openTimeout = .seconds(5) }
    device.notes.server = .pending
    device.run(until: .seconds(2)) {
      if case .lookingUp = device.state { true } else { false }
    }
    device.run(for: .seconds(5))
    #expect(device.notes.setbacks.last == .notLocated)
  }

  @Test func board_withoutRandomBits_dialsNothing() {
    let device = SupervisedDevice()
    device.board.hasEntropy = false
    device.run(for: .seconds(100))
    guard case .lacksEntropy = device.state else {
      Issue.record("\(device.state)")
      return
    }
    #expect(device.network.dialled.isEmpty)
    device.board.hasEntropy = true
    device.run(for: .seconds(3))
    #expect(device.isConnected)
  }

  @Test func board_thatLosesItsRandomBitsWhileOpening_sendsNothing() {
    let device = SupervisedDevice()
    device.server.opening = [.nothingYet]
    device.run(until: .seconds(2)) { device.network.dialled.count == 1 }
    device.board.hasEntropy = false
    device.server.opening = [.open]
    device.settle()
    guard case .lacksEntropy = device.state else {
      Issue.record("\(device.state)")
      return
    }
    #expect(device.server.allEvents == [.closed(.closedByPeer)])
  }

  @Test func board_withoutRandomBits_staysWhenTheConnectionEnds() {
    let device = SupervisedDevice()
    device.connect()
    device.board.hasEntropy = false
    device.server.close()
    device.run(for: .seconds(100))
    guard case .lacksEntropy = device.state else {
      Issue.record("\(device.state)")
      return
    }
    #expect(device.network.dialled.count == 1)
  }

  @Test func server_withoutCSM_isLeft_andDoesNotCountAsReached() {
    let device = SupervisedDevice()
    device.server.isMute = true
    device.run(for: .seconds(200))
    #expect(device.notes.connectedCount == 0)
    #expect(device.notes.restoreCount == 0)
    #expect(device.notes.setbacks.last == .ended(.aborted(.capabilitiesMissing)))
    #expect(device.network.dialled.count > 2)
  }

  @Test func connection_thatEndsEarly_doesNotShortenThePauses() {
    let device = SupervisedDevice()
    for _ in 0..<6 {
      device.connect()
      device.run(for: .seconds(5))
      device.server.close()
      device.settle()
    }
    guard case .waiting(let moment, _) = device.state else {
      Issue.record("\(device.state)")
      return
    }
    #expect(.seconds(15) < moment.since(device.board.now), "a server that ends every connection is spared")
    device.connect()
    device.run(for: .seconds(30))
    device.server.close()
    device.settle()
    guard case .waiting(let next, .ended(.closedByPeer)) = device.state else {
      Issue.record("\(device.state)")
      return
    }
    #expect(!(.seconds(1) < next.since(device.board.now)), "one that lived was a good one")
  }

  @Test func restore_isCalledOnceForEachConnection_afterTheCSM() {
    let device = SupervisedDevice()
    device.notes.registrations = ["rd", "ps"]
    for count in 1...3 {
      device.connect()
      // Another CSM changes nothing about that.
      device.server.send(TestMessage.csm)
      device.run(for: .seconds(1))
      #expect(device.notes.restoreCount == count)
      #expect(device.server.posted.suffix(2) == [Array("rd".utf8), Array("ps".utf8)])
      device.server.close()
      device.settle()
    }
    #expect(device.server.posted.count == 6)
    #expect(device.notes.events.count { if case .response = $0 { true } else { false } } == 6)
  }

  @Test func device_servesOnTheConnectionThatItDialled() throws {
    let device = SupervisedDevice()
    device.connect()
    try device.server.ask(.post, "echo", [1, 2, 3])
    device.run(for: .seconds(1))
    #expect(device.server.responses == [[1, 2, 3]])
    #expect(device.notes.events.contains(.request))
  }

  @Test func withConnection_isThereOnlyWhenConnected() throws {
    let device = SupervisedDevice()
    #expect(throws: CommandError.notReady) { try device.request("a") }
    device.connect()
    try device.request("a")
    device.run(for: .seconds(1))
    #expect(device.server.posted.count == 1)
  }

  @Test func peer_thatCannotBeHeard_isFoundDead() {
    let device = SupervisedDevice()
    device.connect()
    device.server.isCutOff = true
    device.run(for: .seconds(20))
    #expect(device.isConnected, "nothing was sent that could be missed")
    device.run(for: Limits().pingTimeout)
    #expect(device.notes.setbacks.last == .ended(.unresponsive))
    device.server.isCutOff = false
    #expect(device.run(until: .seconds(61)) { device.isConnected })
  }

  /// What we send ourselves does not hide that nothing comes.
  @Test func peer_thatCannotBeHeardWhileWeAsk_isFoundDeadEarly() throws {
    let device = SupervisedDevice { $0.shortestKeepAlive = .seconds(600) }
    device.connect()
    device.run(for: .seconds(1))
    device.server.isCutOff = true
    try device.request("a")
    device.run(for: .seconds(4))
    #expect(device.isConnected)
    device.run(for: .seconds(1) + Limits().pingTimeout)
    #expect(device.notes.setbacks.last == .ended(.unresponsive))
  }

  @Test func step_neverBlocksNorSpins_withNothingToDo() {
    let device = SupervisedDevice()
    device.connect()
    let before = device.board.now
    let deadline = device.settle()
    #expect(deadline == before + device.interval.current)
    #expect(device.board.waits.isEmpty)
  }
}

extension Milliseconds {
  fileprivate static func + (left: Milliseconds, right: Milliseconds) -> Milliseconds {
    Milliseconds(left.rawValue + right.rawValue)
  }
}
