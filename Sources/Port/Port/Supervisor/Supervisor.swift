import DeviceCore

/// Keeps a device that dials out connected to its server: it connects, greets, lets the application
/// register, keeps the connection alive with as few Pings as the network allows, comes back when it is
/// lost, goes where the server sends it, and brings telemetry to it that nobody has to send twice.
///
/// Both roles are on that one connection: the server may ask, and ``step(serving:)`` takes who answers. The
/// security of a connection is the dialler's: it requires the identity that it was given (certificate name
/// or key) wherever it dials, so an Alternative-Address leads nowhere else (RFC 8323 section 10.1).
@safe
public struct Supervisor<B: Board, D: Dialler, Delegate: SupervisorDelegate & ~Copyable>: ~Copyable {
  /// Time, waiting and randomness.
  public var board: B
  /// The way out.
  public var dialler: D
  /// What every connection allows. Its keep-alive is off: the supervisor has its own.
  public let limits: Limits
  let memory: SupervisorMemory
  var link: SupervisorLink<Delegate>
  /// The stream of `opening`.
  var opening: Opening<D.Stream>?
  /// The connection of `greeting`, `connected` and `ending`.
  var endpoint: Endpoint<MeteredStream<D.Stream>>?
  /// Counts connections, so that a late answer finds only its own.
  var generation: UInt16 = 0
  var destination = Destination.server
  /// How many servers in a row have sent us on.
  var hopCount: UInt8 = 0
  var backOff: BackOff
  var holdOffs = HoldOffs()
  /// Set by ``shutDown(at:)``: what is not sent then is given up.
  var shutdownDeadline: Instant?
  /// Whether the shutdown has come to its Release.
  var isReleasing = false

  /// Where the next attempt goes.
  enum Destination {
    /// To the server of this device.
    case server
    /// Where a server has sent us.
    case alternative(DialPlace)
    /// The same, and the application is looking it up.
    case pendingAlternative
  }

  /// - Parameters:
  ///   - dialler: opens connections of one scheme to any place, with the same security everywhere.
  ///   - limits: what every connection allows.
  @unsafe
  public init(
    board: B, dialler: D, delegate: consuming Delegate, limits: Limits = Limits(),
    options: SupervisorOptions = SupervisorOptions(), memory: SupervisorMemory
  ) {
    self.board = board
    self.dialler = dialler
    var limits = limits
    limits.keepAliveInterval = Milliseconds(0)
    self.limits = limits
    self.memory = memory
    unsafe link = SupervisorLink(delegate, TelemetryQueue(memory.telemetry), options)
    backOff = BackOff(first: options.firstPause, longest: options.longestPause)
  }

  // MARK: Driving

  /// Stays connected until ``shutDown(at:)`` was called and has done its work: on most devices for ever.
  public mutating func run<Handler: RequestHandler & ~Copyable>(serving handler: inout Handler) {
    while true {
      let deadline = step(serving: &handler)
      if state == .stopped { return }
      board.wait(until: deadline)
    }
  }

  /// Does all that can be done now, without blocking.
  ///
  /// - Parameter handler: answers the server's requests. It may be that of a ``Device`` in the same loop.
  /// - Returns: when to call again even if nothing comes; nil for never.
  @inline(never)
  public mutating func step<Handler: RequestHandler & ~Copyable>(serving handler: inout Handler) -> Instant? {
    let now = board.now
    holdOffs.forgetPast(at: now)
    // A request may have changed what is observed on a device's connections: then others have a turn at once.
    link.hasServed = false
    // One change mostly leads to the next one at once, but others are to have a turn.
    for _ in 0..<8 {
      if let deadline = advance(&handler, at: now) { return link.hasServed ? now : deadline.moment }
    }
    return now
  }

  /// Does what the state asks for.
  ///
  /// - Returns: nil when the state has changed.
  private mutating func advance<Handler: RequestHandler & ~Copyable>(
    _ handler: inout Handler, at now: Instant
  ) -> Deadline? {
    if isDone(at: now) {
      opening?.stream.close()
      opening = nil
      link.enter(.stopped, at: now)
    }
    switch state {
    case .idle:
      pause(after: nil, at: now)
      return nil
    case .lacksEntropy(let moment):
      guard moment.isReached(at: now) else { return Deadline(moment, shutdownDeadline) }
      pause(after: nil, at: now)
      return nil
    case .waiting(let moment, _):
      guard moment.isReached(at: now) else { return Deadline(moment, shutdownDeadline) }
      return locate(at: now)
    case .lookingUp: return locate(at: now)
    case .opening: return open(at: now)
    case .greeting, .connected, .ending: return serve(&handler, at: now)
    case .stopped: return Deadline(nil)
    }
  }

  /// Whether a shutdown has nothing left to wait for.
  private func isDone(at now: Instant) -> Bool {
    guard let shutdownDeadline, endpoint == nil, state != .stopped else { return false }
    return telemetry.count == 0 || shutdownDeadline.isReached(at: now)
  }

  // MARK: Commands

  /// Takes telemetry, to be sent as soon as it can be, and again until its response has come.
  ///
  /// - Parameter tag: tells the application what it is when it has to be written.
  /// - Returns: how many older entries were dropped for it.
  /// - Throws: ``TelemetryError``; the queue is unchanged then.
  @discardableResult
  public mutating func send(_ payload: Span<UInt8>, tag: UInt8 = 0) throws(TelemetryError) -> Int {
    try link.telemetry.queue.append(payload, tag: tag, link.options.telemetryPolicy)
  }

  /// Lets the application use the connection outside of its events: for requests of its own.
  ///
  /// - Throws: ``DeviceCore/CommandError/notReady`` when there is none, or what `body` throws.
  public mutating func withConnection<Result>(
    _ body: (inout Connection, Instant) throws(CommandError) -> Result
  ) throws(CommandError) -> Result {
    guard case .connected = state, endpoint != nil else { throw .notReady }
    let now = board.now
    let pending = endpoint!.connection.pendingOutput.count
    let result = try body(&endpoint!.connection, now)
    if endpoint!.connection.pendingOutput.count > pending { link.keepAlive.didSend(at: now) }
    return result
  }

  /// Ends in an orderly way: telemetry gets ``SupervisorOptions/drainTimeout`` to leave, then the
  /// connection is released. Go on with ``step(serving:)`` until the state is `stopped`.
  public mutating func shutDown(at now: Instant) {
    if shutdownDeadline == nil { shutdownDeadline = now + link.options.drainTimeout }
  }

  // MARK: Getters

  /// Where it is.
  public var state: SupervisorState { link.state }

  /// The application.
  public var delegate: Delegate {
    _read { yield link.delegate }
    _modify { yield &link.delegate }
  }

  /// What waits to be sent.
  public var telemetry: TelemetryQueue {
    _read { yield link.telemetry.queue }
  }

  /// How long this network keeps a silent connection, as far as is known. A device may keep it over a
  /// restart.
  public var keepAliveInterval: KeepAliveInterval {
    get { link.keepAlive.interval }
    set { link.keepAlive.interval = newValue }
  }
}
