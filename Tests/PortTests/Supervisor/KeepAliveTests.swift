import DeviceCore
import Port
import Testing

/// The interval itself, fed with what a network did.
@Suite struct KeepAliveIntervalTests {
  private static func interval(_ shortest: UInt32 = 20, _ longest: UInt32 = 1800) -> KeepAliveInterval {
    KeepAliveInterval(shortest: .seconds(shortest), longest: .seconds(longest))
  }

  /// Lets a network that keeps silences up to `memory` be found out.
  ///
  /// - Returns: how many connections that cost.
  private func find(_ memory: Milliseconds, _ interval: inout KeepAliveInterval, rounds: Int) -> Int {
    var lostCount = 0
    for _ in 0..<rounds {
      if memory < interval.current {
        interval.lost(after: interval.current)
        lostCount += 1
      } else {
        interval.survived(interval.current)
      }
    }
    return lostCount
  }

  @Test(arguments: [20, 30, 37, 60, 100, 119, 120, 121, 300, 1000, 1799])
  func anyNetwork_isFoundOut_withFewLosses(seconds: UInt32) {
    var interval = KeepAliveIntervalTests.interval()
    let lost = find(.seconds(seconds), &interval, rounds: 40)
    #expect(lost <= 3)
    #expect(!(.seconds(seconds) < interval.current), "it works")
    #expect(interval.current.rawValue * 5 / 4 + 1 >= seconds * 1000, "and is not much too short")
  }

  @Test(arguments: [1, 30, 60, 300])
  func network_thatHasBeenFoundOut_costsLessAndLess(minutes: UInt32) {
    var interval = KeepAliveIntervalTests.interval()
    let memory = Milliseconds.seconds(minutes * 60 + 5)
    _ = find(memory, &interval, rounds: 50)
    let first = find(memory, &interval, rounds: 1000)
    let second = find(memory, &interval, rounds: 1000)
    let third = find(memory, &interval, rounds: 3000)
    #expect(first <= 5)
    #expect(second <= 1)
    #expect(third <= 2)
  }

  @Test func network_thatForgetsNothing_isPingedAtTheLongestInterval() {
    var interval = KeepAliveIntervalTests.interval(20, 400)
    #expect(find(.seconds(100_000), &interval, rounds: 50) == 0)
    #expect(interval.current == .seconds(400))
  }

  @Test func network_thatGetsBetter_isNoticed() {
    var interval = KeepAliveIntervalTests.interval()
    _ = find(.seconds(60), &interval, rounds: 40)
    _ = find(.seconds(1000), &interval, rounds: 1000)
    #expect(.seconds(700) < interval.current)
  }

  @Test func network_thatGetsWorse_isNoticed() {
    var interval = KeepAliveIntervalTests.interval()
    _ = find(.seconds(1000), &interval, rounds: 40)
    #expect(find(.seconds(45), &interval, rounds: 20) <= 8)
    #expect(!(.seconds(45) < interval.current))
    #expect(.seconds(30) < interval.current)
  }

  @Test func network_worseThanTheShortestInterval_isPingedAtThat() {
    var interval = KeepAliveIntervalTests.interval()
    _ = find(.seconds(5), &interval, rounds: 500)
    #expect(interval.current == .seconds(20))
  }

  @Test func loss_afterAShorterSilence_saysNothing() {
    var interval = KeepAliveIntervalTests.interval()
    for _ in 0..<3 { interval.survived(interval.current) }
    let before = interval
    interval.lost(after: .seconds(19))
    #expect(interval == before)
  }

  @Test func silence_thatWasLongerThanWanted_provesNoMore() {
    var interval = KeepAliveIntervalTests.interval()
    interval.survived(.seconds(1000))
    #expect(interval.proven == .seconds(20))
    #expect(interval.current == .seconds(30))
  }

  @Test func silence_thatIsShorter_changesNothing() {
    var interval = KeepAliveIntervalTests.interval()
    interval.survived(.seconds(20))
    let before = interval
    for _ in 0..<1000 { interval.survived(.seconds(19)) }
    #expect(interval == before)
  }

  @Test func limits_areKept_whateverIsKnown() {
    let limits = (Milliseconds.seconds(20), Milliseconds.seconds(100))
    for (known, expected) in [(5, 20), (50, 50), (500, 100)] as [(UInt32, UInt32)] {
      let interval = KeepAliveInterval(shortest: limits.0, longest: limits.1, proven: .seconds(known))
      #expect(interval.current == .seconds(expected))
    }
    let single = KeepAliveInterval(shortest: .seconds(20), longest: .seconds(10))
    #expect(single.longest == .seconds(20))
  }

  @Test func interval_staysWithinItsLimits_whateverHappens() {
    for seed in 0..<200 {
      var random = TestBoard(seed: UInt64(seed))
      var interval = KeepAliveInterval(
        shortest: Milliseconds(1 + random.random()! % 1000),
        longest: Milliseconds(random.random()! % 0x7fff_ffff))
      for _ in 0..<200 {
        let silence = Milliseconds(
          random.random()! & 1 == 0 ? interval.current.rawValue : random.random()! % 0x7fff_ffff)
        if random.random()! & 1 == 0 { interval.survived(silence) } else { interval.lost(after: silence) }
        #expect(!(interval.current < interval.shortest) && !(interval.longest < interval.current))
        #expect(!(interval.proven < interval.shortest) && !(interval.longest < interval.proven))
      }
    }
  }
}

/// A supervisor behind a NAT that forgets.
@Suite struct SupervisorKeepAliveTests {
  @Test(arguments: [30, 50, 100, 240, 700], [true, false])
  func nat_thatForgets_isFoundOut_andNoTelemetryIsLost(seconds: UInt32, resets: Bool) throws {
    let device = SupervisedDevice(telemetryCapacity: 4096, seed: UInt64(seconds))
    device.network.natMemory = .seconds(seconds)
    device.network.natResets = resets
    var number: UInt32 = 0
    var expected: Set<[UInt8]> = []
    // Telemetry at odd times, for a day.
    for hour in 0..<24 {
      for quarter in 0..<4 {
        device.run(for: .seconds(700 + UInt32(hour * 7 + quarter * 31)))
        number += 1
        let entry = [UInt8(number >> 8), UInt8(number & 255)]
        try device.send(entry, tag: 3)
        expected.insert(entry)
      }
    }
    device.run(for: .seconds(300))
    #expect(device.queuedCount == 0)
    #expect(device.droppedCount == 0)
    #expect(Set(device.server.posted) == expected)
    #expect(!(.seconds(seconds) < device.interval.current), "the interval works")
    #expect(device.interval.current.rawValue * 5 / 4 + 1 >= seconds * 1000)
    #expect(device.network.forgottenCount <= 7, "few connections were lost for that")
    #expect(device.notes.connectedCount == device.network.forgottenCount + 1, "each at the first attempt")
  }

  @Test func network_withoutNAT_isPingedMoreAndMoreRarely() {
    let device = SupervisedDevice { $0.longestKeepAlive = .seconds(600) }
    device.connect()
    device.run(for: .seconds(86_400))
    #expect(device.notes.connectedCount == 1)
    #expect(device.interval.current == .seconds(600))
    let pongs = device.notes.events.count { $0 == .pong(custody: false) }
    #expect((140...160).contains(pongs))
  }

  @Test func interval_outlivesConnections() {
    let device = SupervisedDevice()
    device.network.natMemory = .seconds(100)
    device.run(for: .seconds(20_000))
    let found = device.interval
    for _ in 0..<5 {
      device.server.close()
      device.run(for: .seconds(5))
    }
    #expect(device.interval == found)
  }

  /// A server that is away for longer has forgotten nothing.
  @Test func server_thatWasGone_saysNothingAboutTheNetwork() {
    let device = SupervisedDevice()
    device.connect()
    device.run(for: .seconds(1000))
    let found = device.interval
    device.server.isCutOff = true
    device.server.isUp = false
    device.run(for: .seconds(2000))
    device.server.isCutOff = false
    device.server.isUp = true
    device.run(until: .seconds(61)) { device.isConnected }
    #expect(device.isConnected)
    #expect(device.interval.proven == found.proven)
    #expect(device.interval.current == found.current)
  }

  @Test func traffic_takesThePlaceOfPings() throws {
    let device = SupervisedDevice()
    device.connect()
    for _ in 0..<200 {
      device.run(for: .seconds(15))
      try device.send([1])
    }
    device.settle()
    #expect(!device.notes.events.contains(.pong(custody: false)))
    #expect(device.server.posted.count == 200)
  }

  @Test func pingsOfTheServer_areNoSilence() {
    let device = SupervisedDevice()
    device.connect()
    let before = device.interval
    for _ in 0..<50 {
      device.run(for: .seconds(15))
      // A Ping, which is no event.
      device.server.send([0x00, 0xe2])
    }
    device.settle()
    #expect(device.interval.proven == before.proven)
    #expect(device.notes.events == [.capabilities])
  }

  /// What goes out alone hides no dead peer, and the next silence is measured all the same.
  @Test func answersToTheServer_areFollowedByMeasuredSilences() throws {
    let device = SupervisedDevice()
    device.connect()
    for _ in 0..<6 {
      try device.server.ask(.post, "echo", [1])
      device.run(for: .seconds(400))
    }
    #expect(.seconds(100) < device.interval.proven)
  }
}
