import DeviceCore
import Port
import Testing

/// Telemetry: kept until its response has come.
@Suite struct SupervisorTelemetryTests {
  typealias Answer = SimulatedHost.Answer

  @Test func telemetry_isSentWhenTheConnectionIsThere_inOrder() throws {
    let device = SupervisedDevice()
    for number: UInt8 in 0..<20 { try device.send([number]) }
    #expect(device.queuedCount == 20)
    device.connect()
    device.settle()
    #expect(device.server.posted == (0..<20).map { [$0] })
    #expect(device.queuedCount == 0)
    #expect(device.notes.settled == Array(repeating: .answered(.changed), count: 20))
    #expect(!device.notes.events.contains { if case .response = $0 { true } else { false } })
  }

  @Test func telemetry_whileConnected_leavesAtOnce() throws {
    let device = SupervisedDevice()
    device.connect()
    try device.send([7])
    device.settle()
    #expect(device.server.posted == [[7]])
  }

  @Test(arguments: [1, 2, 4])
  func telemetry_underWay_isNoMoreThanTheWindow(window: Int) throws {
    let device = SupervisedDevice { $0.telemetryWindow = window }
    device.server.answers = [.none]
    device.connect()
    for number: UInt8 in 0..<10 { try device.send([number]) }
    device.settle()
    #expect(device.server.posted.count == window)
    #expect(device.queuedCount == 10)
  }

  @Test func telemetry_underWayWhenTheConnectionDies_isSentAgain() throws {
    let device = SupervisedDevice { $0.telemetryWindow = 1 }
    device.server.answers = [.none, Answer(.changed)]
    device.connect()
    for number: UInt8 in 1...3 { try device.send([number]) }
    device.settle()
    #expect(device.server.posted == [[1]])
    device.server.close()
    device.run(for: .seconds(5))
    #expect(device.server.posted == [[1], [1], [2], [3]])
    #expect(device.queuedCount == 0)
  }

  @Test func telemetry_sentIntoTheVoid_isSentAgain() throws {
    let device = SupervisedDevice()
    device.connect()
    device.server.isCutOff = true
    for number: UInt8 in 1...3 { try device.send([number]) }
    device.run(for: .seconds(10))
    device.server.isCutOff = false
    device.run(for: .seconds(60))
    #expect(Set(device.server.posted) == [[1], [2], [3]])
    #expect(device.queuedCount == 0)
  }

  @Test func telemetry_withoutAnswer_isSentAgainAfterTheTimeout() throws {
    var limits = Limits()
    limits.requestTimeout = .seconds(9)
    let device = SupervisedDevice(limits: limits)
    device.server.answers = [.none, Answer(.changed)]
    device.connect()
    try device.send([5])
    device.run(for: .seconds(8))
    #expect(device.server.posted == [[5]])
    device.run(for: .seconds(2))
    #expect(device.server.posted == [[5], [5]])
    #expect(device.queuedCount == 0)
  }

  //
  @Test(arguments: [Code.tooManyRequests, .serviceUnavailable], [nil, 5, 300] as [UInt32?])
  func answer_thatAsksForTime_isHonoured(code: Code, maxAge: UInt32?) throws {
    let device = SupervisedDevice { $0.telemetryWindow = 1 }
    device.server.answers = [Answer(code, maxAge: maxAge), Answer(.changed)]
    device.connect()
    try device.send([1])
    try device.send([2])
    device.settle()
    let begin = device.board.now
    #expect(device.server.posted == [[1]])
    device.run(until: .seconds(400)) { device.server.posted.count > 1 }
    #expect(device.board.now.since(begin) == .seconds(maxAge ?? 60))
    #expect(device.server.posted == [[1], [1], [2]])
    #expect(device.notes.settled == [.answered(.changed), .answered(.changed)])
  }

  @Test func answer_thatAsksForTooMuchTime_isCut() throws {
    let device = SupervisedDevice { $0.longestDelay = .seconds(1000) }
    device.server.answers = [Answer(.serviceUnavailable, maxAge: .max), Answer(.changed)]
    device.connect()
    try device.send([1])
    device.run(for: .seconds(1001))
    #expect(device.server.posted.count == 2)
  }

  @Test func delay_outlivesTheConnection() throws {
    let device = SupervisedDevice()
    device.server.answers = [Answer(.tooManyRequests, maxAge: 100), Answer(.changed)]
    device.connect()
    try device.send([1])
    device.settle()
    let begin = device.board.now
    device.server.close()
    device.run(for: .seconds(10))
    #expect(device.isConnected)
    #expect(device.server.posted.count == 1)
    device.run(until: .seconds(200)) { device.server.posted.count == 2 }
    #expect(!(device.board.now.since(begin) < .seconds(100)))
  }

  @Test(arguments: [Code.badRequest, .notFound, .requestEntityTooLarge, .internalServerError])
  func answer_ofAnyOtherKind_isAnAnswer(code: Code) throws {
    let device = SupervisedDevice()
    device.server.answers = [Answer(code)]
    device.connect()
    try device.send([1])
    device.settle()
    #expect(device.notes.settled == [.answered(code)])
    #expect(device.queuedCount == 0)
  }

  @Test func telemetry_thatCannotBeWritten_isReported_andOthersFollow() throws {
    let device = SupervisedDevice()
    device.connect()
    device.notes.writesIllegally = true
    try device.send([1])
    device.settle()
    #expect(device.notes.settled == [.unsendable(.invalid(.outOfOrder))])
    device.notes.writesIllegally = false
    try device.send([2])
    device.settle()
    #expect(device.server.posted == [[2]])
  }

  @Test func telemetry_thatIsLargerThanThePeerTakes_isReported() throws {
    let device = SupervisedDevice(telemetryCapacity: 2000)
    device.connect()
    try device.send([UInt8](repeating: 1, count: 1300))
    device.settle()
    #expect(device.notes.settled == [.unsendable(.tooLarge)])
    #expect(device.queuedCount == 0)
  }

  @Test func telemetry_ofManySizes_goesThroughALittleMemory() throws {
    let device = SupervisedDevice(telemetryCapacity: 300)
    device.connect()
    var expected: [[UInt8]] = []
    for number in 0..<500 {
      let entry = [UInt8](repeating: UInt8(number & 255), count: number * 37 % 120)
      try device.send(entry)
      expected.append(entry)
      device.settle()
    }
    #expect(device.server.posted == expected)
    #expect(device.droppedCount == 0)
  }

  // Both policies

  @Test func queue_full_dropsTheOldest() throws {
    let device = SupervisedDevice(telemetryCapacity: 50) { $0.telemetryPolicy = .oldestDropped }
    // An entry of one byte takes five.
    for number: UInt8 in 0..<10 { #expect(try device.send([number]) == 0) }
    #expect(try device.send([10]) == 1)
    #expect(try device.send([11, 11, 11, 11, 11, 11, 11]) == 3)
    #expect(device.droppedCount == 4)
    #expect(device.refusedCount == 0)
    #expect(device.queuedCount == 8)
    device.connect()
    device.settle()
    #expect(device.server.posted == (4...10).map { [$0] } + [[11, 11, 11, 11, 11, 11, 11]])
  }

  @Test func queue_full_refusesTheNewest() throws {
    let device = SupervisedDevice(telemetryCapacity: 50) { $0.telemetryPolicy = .newestRefused }
    for number: UInt8 in 0..<10 { #expect(try device.send([number]) == 0) }
    #expect(throws: TelemetryError.full) { try device.send([10]) }
    #expect(throws: TelemetryError.full) { try device.send([11]) }
    #expect(device.refusedCount == 2)
    #expect(device.droppedCount == 0)
    device.connect()
    device.settle()
    #expect(device.server.posted == (0..<10).map { [$0] })
    try device.send([12])
    device.settle()
    #expect(device.server.posted.last == [12])
  }

  @Test(arguments: [TelemetryQueue.Policy.oldestDropped, .newestRefused])
  func entry_largerThanTheQueue_isRefused_andNothingIsDroppedForIt(policy: TelemetryQueue.Policy) throws {
    let device = SupervisedDevice(telemetryCapacity: 20) { $0.telemetryPolicy = policy }
    try device.send([1])
    #expect(throws: TelemetryError.tooLarge) { try device.send([UInt8](repeating: 0, count: 17)) }
    #expect(device.queuedCount == 1)
    try device.send([UInt8](repeating: 9, count: 11))
    #expect(device.queuedCount == 2)
  }

  @Test func queue_withoutMemory_refusesEverything() {
    let device = SupervisedDevice(telemetryCapacity: 0)
    #expect(throws: TelemetryError.tooLarge) { try device.send([]) }
    device.connect()
    device.run(for: .seconds(100))
    #expect(device.isConnected)
  }

  @Test func entry_droppedWhileUnderWay_isNoConcernOfItsAnswer() throws {
    let device = SupervisedDevice(telemetryCapacity: 10) { $0.telemetryWindow = 1 }
    device.connect()
    try device.send([1])
    // It is under way: written, and the server has not had its turn.
    device.step()
    try device.send([2])
    #expect(try device.send([3]) == 1)
    device.settle()
    #expect(device.server.posted == [[1], [2], [3]])
    #expect(device.notes.settled.count == 2)
    #expect(device.queuedCount == 0)
  }

  /// Whatever happens, an entry that was not dropped arrives, and what arrives was sent.
  @Test(arguments: 0..<30)
  func telemetry_underRandomFaults_arrives(seed: Int) throws {
    let device = SupervisedDevice(telemetryCapacity: 4096, seed: UInt64(seed)) {
      $0.telemetryWindow = 1 + seed % 4
    }
    var random = TestBoard(seed: UInt64(seed) &* 77)
    device.network.natMemory = .seconds(90)
    var expected: Set<[UInt8]> = []
    for number: UInt8 in 0..<100 {
      try device.send([number, 0])
      expected.insert([number, 0])
      switch random.random()! % 8 {
      case 0: device.server.close()
      case 1: device.server.isCutOff.toggle()
      case 2: device.server.isUp.toggle()
      case 3: device.server.send(TestMessage.release(holdOff: 5))
      case 4: device.server.answers = [Answer(.serviceUnavailable, maxAge: 3), Answer(.changed)]
      default: break
      }
      device.run(for: Milliseconds(random.random()! % 60_000))
    }
    device.server.isCutOff = false
    device.server.isUp = true
    device.run(for: .seconds(200))
    #expect(device.queuedCount == 0)
    #expect(Set(device.server.posted) == expected)
    #expect(device.notes.settled.count == 100)
  }
}
