import DeviceCore
import Port
import Testing

/// What a supervisor does with the Release of a server, AMB 18 and AMB 20.
@Suite struct SupervisorReleaseTests {
  private static let other = DialPlace(192, 0, 2, 2, port: 5684)
  private let other = SupervisorReleaseTests.other
  private let home = SupervisedDevice.home

  /// A device whose server and whose other servers use TLS.
  private func makeDevice(
    secured: Bool = true, hosts count: Int = 1, _ configure: (inout SupervisorOptions) -> Void = { _ in }
  ) -> (SupervisedDevice, [SimulatedHost]) {
    let device = SupervisedDevice(configure)
    device.server.isSecured = secured
    let hosts = (0..<count).map { index in
      let host = device.network.addHost(DialPlace(192, 0, 2, UInt8(2 + index), port: 5684))
      host.isSecured = secured
      return host
    }
    device.connect()
    return (device, hosts)
  }

  //
  @Test func release_withNothingMore_isAnsweredByTheEnd_andTheDeviceComesBack() {
    let (device, _) = makeDevice()
    device.server.send(TestMessage.release())
    device.settle()
    #expect(device.notes.states.contains(.ending(home)))
    #expect(device.server.allEvents.last == .closed(.closedByPeer))
    #expect(device.notes.setbacks.last == .ended(.releasedByPeer))
    device.run(for: .seconds(2))
    #expect(device.isConnected)
    #expect(device.notes.restoreCount == 2, "R-10: nothing moves to the new connection")
  }

  //
  @Test(arguments: [1, 60, 3600])
  func holdOff_isHonoured_andNotAllComeBackAtItsEnd(seconds: UInt32) {
    var moments: Set<UInt32> = []
    for seed in 1...10 {
      let device = SupervisedDevice(seed: UInt64(seed))
      device.connect()
      let released = device.board.now
      device.server.send(TestMessage.release(holdOff: seconds))
      device.run(until: .seconds(seconds + 10)) { device.network.dialled.count == 2 }
      let waited = device.network.dialled[1].time.since(released).rawValue
      #expect(waited >= seconds * 1000)
      #expect(waited <= seconds * 1000 + 2000)
      moments.insert(waited)
      if seconds > 1 { #expect(device.notes.setbacks.last == .heldOff) }
    }
    #expect(moments.count > 5)
  }

  @Test func holdOff_thatIsTooLong_isCut() {
    let (device, _) = makeDevice { $0.longestDelay = .seconds(500) }
    device.server.send(TestMessage.release(holdOff: 0xff_ffff))
    device.run(for: .seconds(499))
    #expect(device.network.dialled.count == 1)
    device.run(for: .seconds(3))
    #expect(device.network.dialled.count == 2)
  }

  //
  @Test func holdOff_thatIsMalformed_isIgnored_andTheReleaseIsNot() {
    let (device, _) = makeDevice()
    // Four bytes are one too many.
    device.server.send([0x50, 0xe4, 0x44, 0, 0, 0, 60])
    device.settle()
    #expect(device.notes.setbacks.last == .ended(.releasedByPeer))
    device.run(for: .seconds(2))
    #expect(device.isConnected)
  }

  //
  @Test func alternative_isGoneTo_andEverythingStartsOver() {
    let (device, hosts) = makeDevice()
    device.notes.registrations = ["rd"]
    device.server.send(TestMessage.release(["192.0.2.2"]))
    device.run(for: .seconds(2))
    #expect(device.state == .connected(other))
    #expect(hosts[0].posted == [Array("rd".utf8)])
    #expect(hosts[0].allEvents.first == .capabilities)
    #expect(device.notes.restoreCount == 2)
  }

  @Test func alternative_inIPv6_isGoneTo() {
    let (device, _) = makeDevice()
    var address = InlineArray<16, UInt8>(repeating: 0)
    address[0] = 0x20
    address[1] = 0x01
    address[15] = 7
    let place = DialPlace(.ipv6(address), port: 6000)
    device.network.addHost(place).isSecured = true
    device.server.send(TestMessage.release(["[2001::7]:6000"]))
    device.run(for: .seconds(2))
    #expect(device.state == .connected(place))
  }

  @Test func alternative_byName_isLookedUpByTheApplication() {
    let (device, _) = makeDevice()
    device.notes.alternative = [.found(other)]
    device.server.send(TestMessage.release(["b.example.com:7000"]))
    device.run(for: .seconds(2))
    #expect(device.notes.namesAsked == ["b.example.com:7000"])
    #expect(device.state == .connected(other))
  }

  @Test func alternative_byName_takesItsTime() {
    let (device, _) = makeDevice()
    device.notes.alternative = [.pending]
    device.server.send(TestMessage.release(["b.example.com"]))
    device.run(for: .seconds(5))
    #expect(device.notes.namesAsked == ["b.example.com:5684"])
    guard case .lookingUp = device.state else {
      Issue.record("\(device.state)")
      return
    }
    device.notes.alternative = [.found(other)]
    device.run(for: .seconds(1))
    #expect(device.state == .connected(other))
  }

  @Test func alternative_whoseNameIsNeverFound_isGivenUpForTheServer() {
    let (device, _) = makeDevice()
    device.notes.alternative = [.pending]
    device.server.send(TestMessage.release(["b.example.com"]))
    device.run(for: .seconds(40))
    #expect(device.state == .connected(home))
  }

  @Test(arguments: [
    ["", "192.0.2.2"], ["[192.0.2.2]", "192.0.2.2"], ["fe80::1", "192.0.2.2"], ["a@b", "192.0.2.2:5684"],
    ["nowhere.example.com", "192.0.2.2"], ["192.0.2.9:70000", "192.0.2.2"], [":5684", "192.0.2.2:"],
  ])
  func alternatives_thatCannotBeUsed_areSkipped(addresses: [String]) {
    let (device, _) = makeDevice()
    device.server.send(TestMessage.release(addresses))
    device.run(for: .seconds(2))
    #expect(device.state == .connected(other))
  }

  @Test func alternatives_ofWhichNoneCanBeUsed_leadBackToTheServer() {
    let (device, hosts) = makeDevice()
    device.server.send(TestMessage.release(["a b", "nowhere.example.com"]))
    device.run(for: .seconds(2))
    #expect(device.state == .connected(home))
    #expect(hosts[0].acceptedCount == 0)
  }

  // AMB 20: anybody on the way can have put it in.
  @Test func alternative_withoutTLS_isIgnored() {
    let (device, hosts) = makeDevice(secured: false)
    device.server.send(TestMessage.release(["192.0.2.2:5684"]))
    device.run(for: .seconds(60))
    #expect(device.state == .connected(home))
    #expect(hosts[0].acceptedCount == 0)
    #expect(device.notes.namesAsked.isEmpty)
  }

  @Test func alternative_withoutTLS_isGoneTo_whenThatIsAllowed() {
    let (device, _) = makeDevice(secured: false) { $0.followsUnsecuredAlternatives = true }
    let place = DialPlace(192, 0, 2, 3, port: 5683)
    _ = device.network.addHost(place)
    device.server.send(TestMessage.release(["192.0.2.3"]))
    device.run(for: .seconds(2))
    #expect(device.state == .connected(place))
  }

  // AMB 20
  @Test func alternatives_inARow_areThreeAtMost() {
    let (device, hosts) = makeDevice(hosts: 5)
    device.server.send(TestMessage.release(["192.0.2.2"]))
    for index in 0..<3 {
      device.run(for: .seconds(2))
      #expect(device.state == .connected(hosts[index].place))
      hosts[index].send(TestMessage.release(["192.0.2.\(index + 3)"]))
    }
    device.run(for: .seconds(3))
    #expect(device.state == .connected(home), "the fourth is not gone to")
    #expect(hosts[3].acceptedCount == 0)
    // At home it may begin again.
    device.server.send(TestMessage.release(["192.0.2.5"]))
    device.run(for: .seconds(2))
    #expect(device.state == .connected(hosts[3].place))
  }

  @Test func alternatives_thatPointAtEachOther_doNotSpin() {
    let (device, hosts) = makeDevice()
    for _ in 0..<200 {
      device.server.send(TestMessage.release(["192.0.2.2:5684"]))
      hosts[0].send(TestMessage.release(["192.0.2.1:5683"]))
      device.run(for: Milliseconds(50))
    }
    #expect(device.network.dialled.count < 30, "in ten seconds")
  }

  // R-11 K-10: the dialler requires the same identity there.
  @Test func alternative_thatIsSomebodyElse_isLeftForTheServer() {
    let (device, hosts) = makeDevice()
    hosts[0].opening = [.failed]
    hosts[0].failure = .local(.certificate(.wrongName))
    device.server.send(TestMessage.release(["192.0.2.2"]))
    device.run(for: .seconds(3))
    #expect(device.notes.setbacks.contains(.notOpened(.local(.certificate(.wrongName)))))
    #expect(device.state == .connected(home))
  }

  @Test func alternative_thatWasReached_isComeBackTo() {
    let (device, hosts) = makeDevice()
    device.server.send(TestMessage.release(["192.0.2.2"]))
    device.run(for: .seconds(2))
    hosts[0].close()
    device.run(for: .seconds(2))
    #expect(device.state == .connected(other))
    hosts[0].close()
    hosts[0].isUp = false
    device.run(for: .seconds(20))
    #expect(device.state == .connected(home), "but not for ever")
  }

  @Test func alternative_thatReleasesWithoutAnother_leadsHome() {
    let (device, hosts) = makeDevice()
    device.server.send(TestMessage.release(["192.0.2.2"]))
    device.run(for: .seconds(2))
    hosts[0].send(TestMessage.release())
    device.run(for: .seconds(2))
    #expect(device.state == .connected(home))
  }

  @Test func holdOffWithAnAlternative_isForTheOneServerOnly() {
    let (device, hosts) = makeDevice()
    let released = device.board.now
    device.server.send(TestMessage.release(["192.0.2.2"], holdOff: 100))
    device.run(for: .seconds(2))
    #expect(device.state == .connected(other))
    hosts[0].send(TestMessage.release())
    device.run(until: .seconds(200)) { device.network.dialled.count == 3 }
    #expect(device.network.dialled[2].place == home)
    #expect(!(device.network.dialled[2].time.since(released) < .seconds(100)))
  }

  @Test func holdOff_isNotGotAround_byTheServersOwnAddress() {
    let (device, _) = makeDevice()
    let released = device.board.now
    device.server.send(TestMessage.release(["192.0.2.1:5683"], holdOff: 100))
    device.run(until: .seconds(200)) { device.network.dialled.count == 2 }
    #expect(!(device.network.dialled[1].time.since(released) < .seconds(100)))
  }

  @Test func holdOff_isForgottenWhenItIsOver() {
    let (device, _) = makeDevice()
    device.server.send(TestMessage.release(holdOff: 10))
    device.run(for: .seconds(15))
    #expect(device.isConnected)
    device.server.close()
    device.run(for: .seconds(2))
    #expect(device.isConnected)
  }

  //
  @Test func release_withARequestUnderWay_waitsForItsAnswer() throws {
    let (device, _) = makeDevice()
    try device.server.ask(.post, "echo", [9])
    device.server.pump()
    device.server.send(TestMessage.release())
    device.run(for: .seconds(1))
    #expect(device.server.responses == [[9]])
  }
}
