import DeviceCore
import Port
import Testing

/// What an application was told by its supervisor, and what it answers.
final class ApplicationNotes {
  var server: LookUp
  /// What looking up the name of an alternative comes to, in order; the last one again and again.
  var alternative: [LookUp] = [.unknown]
  var states: [SupervisorState] = []
  var events: [Event] = []
  var restoreCount = 0
  var namesAsked: [String] = []
  var settled: [TelemetryOutcome] = []
  /// Requests to send when a connection is there.
  var registrations: [StaticString] = []
  /// Options that cannot be written.
  var writesIllegally = false

  init(_ server: DialPlace) { self.server = .found(server) }

  var connectedCount: Int {
    states.count { if case .connected = $0 { true } else { false } }
  }
  /// Why it waited, in order.
  var setbacks: [Setback?] {
    states.compactMap { state -> Setback?? in
      if case .waiting(_, let setback) = state { .some(setback) } else { nil }
    }
  }

  fileprivate func nextAlternative() -> LookUp {
    alternative.count > 1 ? alternative.removeFirst() : alternative[0]
  }
}

/// Posts telemetry to `/t`.
struct TestApplication: SupervisorDelegate {
  let notes: ApplicationNotes

  mutating func locateServer(at now: Instant) -> LookUp { notes.server }

  mutating func lookUp(_ name: Span<UInt8>, port: UInt16, at now: Instant) -> LookUp {
    notes.namesAsked.append(String(decoding: array(name), as: UTF8.self) + ":\(port)")
    return notes.nextAlternative()
  }

  mutating func continueLookUp(at now: Instant) -> LookUp { notes.nextAlternative() }

  mutating func didEnter(_ state: SupervisorState, at now: Instant) { notes.states.append(state) }

  mutating func restore(on connection: inout Connection, at now: Instant) {
    notes.restoreCount += 1
    for path in notes.registrations {
      _ = try? connection.request(.post, at: now) { writer throws(WriteError) in
        try writer.append(path: path)
        try writer.append(payload: path)
      }
    }
  }

  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {
    notes.events.append(event)
  }

  mutating func write(
    _ payload: Span<UInt8>, tag: UInt8, to message: inout MessageWriter
  ) throws(WriteError) {
    try message.append(path: "t")
    if notes.writesIllegally { try message.append(.uriHost, "late") }
    try message.append(.uriQuery, uint: UInt32(tag))
    try message.append(payload: payload)
  }

  mutating func didSettle(tag: UInt8, _ outcome: TelemetryOutcome) { notes.settled.append(outcome) }
}

/// A device behind a NAT, and the network that it is in; time passes as the test says.
@safe
final class SupervisedDevice {
  typealias Storage = ConnectionStorage<1152, 1232, 4, 1>

  static let home = DialPlace(192, 0, 2, 1, port: 5683)
  let board: TestBoard
  let network: SimulatedNetwork
  let notes: ApplicationNotes
  /// The server that the device was made for.
  let server: SimulatedHost
  private var supervisor: Supervisor<TestBoard, SimulatedDialler, TestApplication>
  private var resources = Resources { Echo() }
  private let storage = Pinned(Storage())
  private let traffic = Pinned(TrafficMeter())
  private let telemetryBytes: PinnedArray<UInt8>

  init(
    telemetryCapacity: Int = 512, seed: UInt64 = 1, limits: Limits = Limits(),
    _ configure: (inout SupervisorOptions) -> Void = { _ in }
  ) {
    board = TestBoard(seed: seed)
    network = SimulatedNetwork(board: board)
    server = network.addHost(SupervisedDevice.home)
    notes = ApplicationNotes(SupervisedDevice.home)
    telemetryBytes = PinnedArray(count: telemetryCapacity) { _ in 0xee }
    var options = SupervisorOptions()
    configure(&options)
    unsafe supervisor = Supervisor(
      board: board, dialler: SimulatedDialler(network: network), delegate: TestApplication(notes: notes),
      limits: limits, options: options,
      memory: SupervisorMemory(
        connection: Storage.memory(of: storage.pointer), telemetry: telemetryBytes.buffer,
        traffic: traffic.pointer))
  }

  var state: SupervisorState { supervisor.state }
  var isConnected: Bool { if case .connected = state { true } else { false } }
  var interval: KeepAliveInterval { supervisor.keepAliveInterval }
  var queuedCount: Int { supervisor.telemetry.count }
  var droppedCount: UInt32 { supervisor.telemetry.droppedCount }
  var refusedCount: UInt32 { supervisor.telemetry.refusedCount }

  @discardableResult
  func send(_ payload: [UInt8], tag: UInt8 = 0) throws(TelemetryError) -> Int {
    try supervisor.send(payload.span, tag: tag)
  }

  func shutDown() { supervisor.shutDown(at: board.now) }

  func request(_ path: StaticString) throws(CommandError) {
    try supervisor.withConnection { connection, now throws(CommandError) in
      _ = try connection.request(.get, at: now) { writer throws(WriteError) in
        try writer.append(path: path)
      }
    }
  }

  /// One step, as `run` would do.
  @discardableResult
  func step() -> Instant? { supervisor.step(serving: &resources) }

  /// Lets device and network do all that can be done at this moment.
  ///
  /// - Returns: when something is due again.
  @discardableResult
  func settle() -> Instant? {
    for _ in 0..<1000 {
      let before = network.trafficCount
      let deadline = step()
      network.pump()
      if network.trafficCount == before, deadline != board.now {
        if let deadline, !board.now.isBefore(deadline) { Issue.record("a deadline in the past") }
        guard let other = network.deadline else { return deadline }
        guard let deadline, deadline.isBefore(other) else { return other }
        return deadline
      }
    }
    Issue.record("it spins")
    return nil
  }

  /// Lets so much time pass, from one moment with something to do to the next.
  func run(for span: Milliseconds) {
    let end = board.now + span
    for _ in 0..<1_000_000 {
      let next = settle()
      guard let next, !end.isBefore(next), board.now.isBefore(next) else { break }
      board.advance(by: next.since(board.now))
    }
    board.advance(by: end.since(board.now))
    settle()
  }

  /// Lets time pass until `condition` holds, at most so long.
  ///
  /// - Returns: whether it does.
  @discardableResult
  func run(until limit: Milliseconds = .seconds(600), _ condition: () -> Bool) -> Bool {
    let end = board.now + limit
    while board.now.isBefore(end) {
      let next = settle()
      if condition() { return true }
      guard let next, board.now.isBefore(next) else { return false }
      board.advance(by: next.since(board.now))
    }
    return condition()
  }

  /// Connects.
  func connect() { run(until: .seconds(60)) { isConnected } }
}
