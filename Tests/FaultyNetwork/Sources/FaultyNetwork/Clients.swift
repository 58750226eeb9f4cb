import DeviceCore
import Port

/// What one client has to do in a schedule.
protocol Client: AnyObject {
  var asker: Asker { get }
  /// What it serves.
  var store: Store { get }
  /// Does what can be done now, and says when to look again.
  func step() -> Instant?
  /// Calm weather: everything once more, and the latest state.
  func beginLastRound()
  func isSatisfied(_ state: UInt32) -> Bool
  func end()
  var isOver: Bool { get }
  func expectNothingLeft()
}

extension Asker {
  /// What found no room is tried again.
  func nextTry(at now: Instant) -> Instant? { wishes.isEmpty ? nil : now + Milliseconds(100) }

  func beginLastRound() { for wish in [Wish.echo, .download, .upload] { self.wish(wish) } }
  func isSatisfied(_ state: UInt32) -> Bool { finished.isSuperset(of: 0..<3) && isIdle && lastState == state }
}

/// What a client serves: the same as the server, without telemetry.
typealias ClientResources = Resources<
  ResourcePair<ResourcePair<SingleResource<Echo>, SingleResource<State>>, SingleResource<File>>
>

func clientResources(_ store: Store) -> ClientResources {
  Resources {
    Echo(store: store)
    State(store: store)
    File(store: store)
  }
}

/// Tells the asker, and serves what the other side asks.
struct ClientDelegate: EndpointDelegate, ~Copyable {
  let asker: Asker
  var resources: ClientResources
  var isClosed = false

  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {
    asker.note(event, on: connection)
    if event == .request { connection.serve(&resources, at: now) }
    if case .closed = event { isClosed = true }
  }
}

/// One that connects and, when that is lost, connects again.
final class PlainClient: Client {
  let asker: Asker
  private let network: Network
  private let number: Int
  private let world: World
  let store: Store
  private let memory: Memory
  private var delegate: ClientDelegate
  private var opening: Transport?
  private var openingEnd: Instant
  private var endpoint: Endpoint<Transport>?
  private var dialTime: Instant
  private var isEnding = false
  private let limits: Limits
  private var board: SimulatedBoard
  private var connections: UInt32 = 0

  init(_ network: Network, _ index: Int) {
    self.network = network
    number = index + 1
    world = network.world
    store = Store(world, UInt32(index + 1))
    memory = Pool.client(world, index)
    limits = FaultyNetwork.limits(world, isSmall: world.areClientsSmall)
    board = SimulatedBoard(world: world)
    asker = Asker(world, "client \(index)")
    delegate = ClientDelegate(asker: asker, resources: clientResources(store))
    openingEnd = world.now
    dialTime = world.now + Milliseconds(UInt32(world.chance.below(2000)))
    asker.wish(.observe)
    for _ in 0..<world.chance.below(5) {
      asker.wish([.echo, .echo, .ping, .download, .upload][world.chance.below(5)])
    }
  }

  func step() -> Instant? {
    let now = world.now
    if endpoint == nil, opening == nil, !isEnding {
      guard dialTime.isReached(at: now) else { return dialTime }
      openingEnd = now + .seconds(30)
      opening = network.dial(from: number, limits)
      if opening == nil { return giveUp(at: now) }
    }
    if opening != nil {
      switch opening!.open() {
      case .open:
        connections += 1
        guard let firstToken = board.random() else { return giveUp(at: now) }
        let connection = Connection(
          role: .initiator, memory: memory.value, limits: limits, identity: connections,
          firstToken: firstToken, at: now)
        endpoint = Endpoint(connection: connection, stream: opening!)
        opening = nil
      case .failed: return giveUp(at: now)
      case .busy: return now
      case .nothingYet, .failing: return openingEnd.isReached(at: now) ? giveUp(at: now) : openingEnd
      }
    }
    guard endpoint != nil else { return nil }
    asker.attend(to: &endpoint!.connection, at: now)
    endpoint!.connection.serveDeferred(&delegate.resources, at: now)
    switch endpoint!.pump(&delegate, at: now) {
    case .busy: return now
    case .waiting(let until):
      let pending = endpoint!.connection.pendingOutput.count
      endpoint!.connection.serveObservers(&delegate.resources, at: now)
      let hasAsked = asker.attend(to: &endpoint!.connection, at: now)
      let hasMore = endpoint!.connection.pendingOutput.count > pending
      if hasAsked || hasMore { return now }
      return earlier(earlier(until, store.nextAnswer(at: now)), asker.nextTry(at: now))
    case .over:
      endpoint!.connection.serveDeferred(&delegate.resources, at: now)
      expectEmpty(endpoint!.connection)
      endpoint = nil
      dialTime = now + Milliseconds(UInt32(500 + world.chance.below(3000)))
      asker.wish(.observe)
      return isEnding ? nil : dialTime
    }
  }

  private func giveUp(at now: Instant) -> Instant? {
    opening?.close()
    opening = nil
    dialTime = now + .seconds(2)
    return isEnding ? nil : dialTime
  }

  private func expectEmpty(_ connection: borrowing Connection) {
    let counts = (connection.requestCount, connection.deferredCount, connection.observerCount)
    if counts != (0, 0, 0) {
      world.complain("a connection is over with \(counts) requests, deferred ones, observers")
    }
    if !connection.pendingOutput.isEmpty { world.complain("a connection is over with output") }
  }

  func beginLastRound() { asker.beginLastRound() }
  func isSatisfied(_ state: UInt32) -> Bool { asker.isSatisfied(state) }

  func end() {
    isEnding = true
    guard endpoint != nil else { return }
    switch world.chance.below(3) {
    case 0: endpoint!.connection.abort("enough", at: world.now)
    default: endpoint!.connection.release(at: world.now)
    }
  }

  var isOver: Bool { endpoint == nil && opening == nil }
  func expectNothingLeft() {
    store.expectNothingLeft()
  }
}

/// The application of a supervised device.
struct Application: SupervisorDelegate {
  let world: World
  let asker: Asker
  let account: Account

  /// What became of the telemetry.
  final class Account {
    var answered = 0
    var settled = 0
    var restores = 0
  }

  mutating func locateServer(at now: Instant) -> LookUp { .found(DialPlace(192, 0, 2, 1, port: 5683)) }

  mutating func didEnter(_ state: SupervisorState, at now: Instant) { world.note("supervisor: \(state)") }

  mutating func restore(on connection: inout Connection, at now: Instant) {
    account.restores += 1
    asker.wish(.observe)
  }

  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {
    asker.note(event, on: connection)
  }

  mutating func write(_ payload: Span<UInt8>, tag: UInt8, to message: inout MessageWriter) throws(WriteError)
  {
    try message.append(path: "r")
    try message.append(payload: payload)
  }

  mutating func didSettle(tag: UInt8, _ outcome: TelemetryOutcome) {
    account.settled += 1
    switch outcome {
    case .answered(.changed): account.answered += 1
    // The peer's table, or our window, was full for a moment.
    case .answered(let code): world.complain("telemetry is answered with \(code.codeClass).\(code.detail)")
    default: world.complain("telemetry is lost: \(outcome)")
    }
  }
}

/// A device that stays connected and reports.
final class SupervisedClient: Client {
  let asker: Asker
  private let world: World
  let store: Store
  private var supervisor: Supervisor<SimulatedBoard, SimulatedDialler, Application>
  private var resources: ClientResources
  private let account = Application.Account()
  private var reports: [UInt32] = []
  private var reportTime: Instant
  private var dropped = 0
  private var isCalm = false
  private let serverStore: Store

  init(_ network: Network, _ serverStore: Store) {
    world = network.world
    self.serverStore = serverStore
    store = Store(world, 1)
    asker = Asker(world, "device")
    Pool.traffic.initialize(to: TrafficMeter())
    Pool.telemetry.initialize(repeating: 0)
    var options = SupervisorOptions()
    options.telemetryPolicy = .newestRefused
    let limits = FaultyNetwork.limits(world, isSmall: world.areClientsSmall)
    supervisor = Supervisor(
      board: SimulatedBoard(world: world),
      dialler: SimulatedDialler(network: network, client: 1, limits: limits),
      delegate: Application(world: world, asker: asker, account: account), limits: limits,
      options: options,
      memory: SupervisorMemory(
        connection: Pool.client(world, 0).value, telemetry: Pool.telemetry, traffic: Pool.traffic))
    resources = clientResources(store)
    reportTime = world.now + .seconds(1)
    for _ in 0..<world.chance.below(3) { asker.wish([.echo, .download, .upload][world.chance.below(3)]) }
  }

  func step() -> Instant? {
    let now = world.now
    if reportTime.isReached(at: now), !isCalm, reports.count < 8 {
      let report = UInt32(reports.count) << 8 | 0x5a
      let payload = bytes(report)
      if (try? supervisor.send(payload.span)) != nil {
        reports.append(report)
        world.count(.reports)
      }
      reportTime = now + Milliseconds(UInt32(200 + world.chance.below(8000)))
    }
    _ = try? supervisor.withConnection { connection, now throws(CommandError) in
      asker.attend(to: &connection, at: now)
    }
    var next = supervisor.step(serving: &resources)
    let hasAsked = try? supervisor.withConnection { connection, now throws(CommandError) in
      asker.attend(to: &connection, at: now)
    }
    if hasAsked == true { return now }
    next = earlier(next, asker.nextTry(at: now))
    if !isCalm, reports.count < 8 { next = earlier(next, reportTime) }
    return earlier(next, store.nextAnswer(at: now))
  }

  func beginLastRound() {
    isCalm = true
    asker.beginLastRound()
  }

  func isSatisfied(_ state: UInt32) -> Bool { asker.isSatisfied(state) && supervisor.telemetry.count == 0 }

  func end() { supervisor.shutDown(at: world.now) }
  var isOver: Bool { supervisor.state == .stopped }

  func expectNothingLeft() {
    store.expectNothingLeft()
    if account.answered != reports.count || account.settled != reports.count {
      world.complain("\(reports.count) reports, \(account.settled) settled, \(account.answered) answered")
    }
    for report in reports where !serverStore.reports.contains(report) {
      world.complain("report \(report >> 8) never arrived")
    }
  }
}

extension Store {
  /// When an answer is due; one that waits for room is tried again soon.
  func nextAnswer(at now: Instant) -> Instant? {
    guard let due = waiting.map(\.due).min(by: { $0.isBefore($1) }) else { return nil }
    return due.isReached(at: now) ? now + Milliseconds(1) : due
  }
}

func earlier(_ left: Instant?, _ right: Instant?) -> Instant? {
  guard let left, let right else { return left ?? right }
  return right.isBefore(left) ? right : left
}
