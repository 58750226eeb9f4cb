import DeviceCore
import Port
import Testing

/// The orderly end.
@Suite struct SupervisorShutdownTests {
  private let device = SupervisedDevice()

  //
  @Test func shutDown_connected_releases() {
    device.connect()
    device.shutDown()
    device.run(for: .seconds(1))
    #expect(device.state == .stopped)
    #expect(device.server.allEvents.contains(.release(holdOffSeconds: nil)))
    #expect(device.notes.events.last == .closed(.released))
    #expect(device.step() == nil)
  }

  @Test func shutDown_withTelemetry_letsItLeaveFirst() throws {
    for number: UInt8 in 0..<20 { try device.send([number]) }
    device.connect()
    for number: UInt8 in 20..<40 { try device.send([number]) }
    device.shutDown()
    device.run(for: .seconds(1))
    #expect(device.state == .stopped)
    #expect(device.server.posted == (0..<40).map { [$0] })
    #expect(device.queuedCount == 0)
  }

  //
  @Test func shutDown_peerIgnoresTheRelease_closesAfterAWhile() {
    device.connect()
    device.server.isMute = true
    device.shutDown()
    device.run(for: .seconds(4))
    #expect(device.state == .ending(SupervisedDevice.home))
    device.run(for: .seconds(4))
    #expect(device.state == .stopped)
  }

  @Test func shutDown_telemetryWithoutAnswer_isBounded() throws {
    device.server.answers = [.none]
    device.connect()
    try device.send([1])
    device.settle()
    let begin = device.board.now
    device.shutDown()
    device.run(until: .seconds(100)) { device.state == .stopped }
    #expect(device.state == .stopped)
    // 10 s to drain, and twice the time of a Release: for our own requests, and for the peer to close.
    #expect(!(.seconds(20) < device.board.now.since(begin)))
    #expect(device.queuedCount == 1, "it is known what was left")
  }

  @Test func shutDown_serverWantsTime_doesNotWaitInVain() throws {
    device.server.answers = [.init(.serviceUnavailable, maxAge: 60)]
    device.connect()
    try device.send([1])
    device.settle()
    device.shutDown()
    device.run(for: .seconds(1))
    #expect(device.state == .stopped)
    #expect(device.network.dialled.count == 1)
  }

  @Test func shutDown_serverWantsAMoment_waits() throws {
    device.server.answers = [.init(.serviceUnavailable, maxAge: 3), .init(.changed)]
    device.connect()
    try device.send([1])
    device.settle()
    device.shutDown()
    device.run(for: .seconds(4))
    #expect(device.state == .stopped)
    #expect(device.queuedCount == 0)
  }

  @Test func shutDown_notConnected_stopsAtOnce() {
    device.server.isUp = false
    device.run(for: .seconds(10))
    device.shutDown()
    device.step()
    #expect(device.state == .stopped)
  }

  @Test func shutDown_beforeTheFirstStep_dialsNothing() {
    device.shutDown()
    device.run(for: .seconds(10))
    #expect(device.state == .stopped)
    #expect(device.network.dialled.isEmpty)
  }

  @Test func shutDown_opening_closesTheStream() {
    device.server.opening = [.nothingYet]
    device.run(until: .seconds(2)) { device.network.dialled.count == 1 }
    device.shutDown()
    device.run(for: .seconds(1))
    #expect(device.state == .stopped)
    #expect(device.server.connectionCount == 0)
  }

  @Test func shutDown_greeting_isBounded() {
    device.server.isMute = true
    device.run(until: .seconds(2)) { device.state == .greeting(SupervisedDevice.home) }
    device.shutDown()
    device.run(for: .seconds(8))
    #expect(device.state == .stopped)
  }

  @Test func shutDown_notConnectedWithTelemetry_triesToConnectForAWhile() throws {
    device.server.isUp = false
    try device.send([1])
    device.run(for: .seconds(3))
    device.shutDown()
    device.run(for: .seconds(1))
    device.server.isUp = true
    device.run(for: .seconds(9))
    #expect(device.state == .stopped)
    #expect(device.server.posted == [[1]])
  }

  @Test func shutDown_notConnectedWithTelemetry_givesUp() throws {
    device.server.isUp = false
    try device.send([1])
    device.run(for: .seconds(3))
    device.shutDown()
    device.run(for: .seconds(9))
    #expect(device.state != .stopped)
    device.run(for: .seconds(1))
    #expect(device.state == .stopped)
    #expect(device.queuedCount == 1)
  }

  @Test func shutDown_heldOff_doesNotDial() throws {
    device.connect()
    device.server.send(TestMessage.release(holdOff: 1000))
    device.run(for: .seconds(5))
    try device.send([1])
    device.shutDown()
    device.run(for: .seconds(11))
    #expect(device.state == .stopped)
    #expect(device.network.dialled.count == 1)
  }

  @Test func shutDown_withoutRandomBits_ends() throws {
    device.board.hasEntropy = false
    try device.send([1])
    device.run(for: .seconds(2))
    device.shutDown()
    device.run(for: .seconds(11))
    #expect(device.state == .stopped)
  }

  @Test func shutDown_twice_isOnce() {
    device.connect()
    device.shutDown()
    device.run(for: Milliseconds(1))
    device.shutDown()
    device.run(for: .seconds(1))
    #expect(device.state == .stopped)
    #expect(device.server.allEvents.count { $0 == .release(holdOffSeconds: nil) } == 1)
  }
}
