import DeviceCore

/// What a ``Supervisor`` knows beside its transport: the state, the application, the telemetry, and what
/// the peer has said.
struct SupervisorLink<Delegate: SupervisorDelegate & ~Copyable>: ~Copyable {
  private(set) var state = SupervisorState.idle
  var delegate: Delegate
  var telemetry: TelemetrySender
  var keepAlive: KeepAlive
  let options: SupervisorOptions

  // Of the connection that there is.

  /// When the peer's CSM came.
  private(set) var greetedAt: Instant?
  /// Why it is over.
  private(set) var end = ConnectionEnd.transportFailed
  private(set) var farewell = Farewell()
  private var isSecured = false
  /// Whether a request was served since this was false.
  var hasServed = false
  private var meter = TrafficMeter()

  /// What a Release of the peer has said.
  struct Farewell {
    var isReleased = false
    var holdOff: Milliseconds?
    var alternative = Alternative.none
  }

  /// Where a peer has sent us on to.
  enum Alternative {
    case none
    case place(DialPlace)
    /// The application is looking it up.
    case pending
  }

  init(_ delegate: consuming Delegate, _ queue: consuming TelemetryQueue, _ options: SupervisorOptions) {
    self.delegate = delegate
    telemetry = TelemetrySender(queue)
    keepAlive = KeepAlive(
      KeepAliveInterval(shortest: options.shortestKeepAlive, longest: options.longestKeepAlive))
    self.options = options
  }

  mutating func enter(_ state: SupervisorState, at now: Instant) {
    guard self.state != state else { return }
    self.state = state
    delegate.didEnter(state, at: now)
  }

  /// Where the connection leads to, when there is one.
  var place: DialPlace? {
    switch state {
    case .greeting(let place), .connected(let place), .ending(let place): place
    default: nil
    }
  }

  mutating func begin(at place: DialPlace, isSecured: Bool, at now: Instant) {
    greetedAt = nil
    end = .transportFailed
    farewell = Farewell()
    self.isSecured = isSecured
    meter = TrafficMeter()
    keepAlive.begin(at: now)
    enter(.greeting(place), at: now)
  }

  // MARK: While it is connected

  /// Sends what is to be sent by the supervisor itself.
  mutating func send(on connection: inout Connection, at now: Instant) {
    guard connection.isOpen, greetedAt != nil else { return }
    var hasSent = telemetry.send(
      on: &connection, &delegate, window: options.telemetryWindow, at: now)
    if let due = nextPing(&connection), due.isReached(at: now) {
      // Without room for it something else is stuck, and that has a time limit of its own.
      if (try? connection.ping(at: now)) != nil { hasSent = true }
      keepAlive.didPing()
    }
    // Even if the transport breaks before it takes a byte of that.
    if hasSent { keepAlive.didSend(at: now) }
  }

  /// When ``send(on:at:)`` has something to do again.
  func deadline(on connection: inout Connection) -> Instant? {
    guard connection.isOpen, greetedAt != nil else { return nil }
    let ping = nextPing(&connection)
    guard telemetry.queue.count > 0, let delay = telemetry.delay else { return ping }
    return Instant.earlier(delay, ping)
  }

  private func nextPing(_ connection: inout Connection) -> Instant? {
    keepAlive.nextPing(patience: connection.requestCount > 0 ? options.answerPatience : nil)
  }

  /// Looks at what has passed.
  mutating func account(_ new: TrafficMeter, at now: Instant) {
    if new.receivedCount != meter.receivedCount { keepAlive.didReceive(at: now) }
    if new.sentCount != meter.sentCount { keepAlive.didSend(at: now) }
    meter = new
  }

  // MARK: Events

  /// - Returns: whether it is a request that is to be served.
  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) -> Bool {
    switch event {
    case .capabilities, .capabilitiesAssumed:
      delegate.handle(event, on: &connection, at: now)
      if greetedAt == nil { greet(&connection, at: now) }
      return false
    case .request:
      delegate.handle(event, on: &connection, at: now)
      hasServed = true
      return true
    case .response(let request):
      if let response = connection.message,
        telemetry.take(
          request, response, &delegate, longestDelay: options.longestDelay, at: now)
      {
        return false
      }
    case .requestFailed(let request, let failure):
      if telemetry.fail(request, failure, &delegate) { return false }
    case .release(let seconds):
      farewell.isReleased = true
      if let seconds, seconds > 0 {
        farewell.holdOff = min(.seconds(seconds), options.longestDelay)
      }
      if isSecured || options.followsUnsecuredAlternatives, let message = connection.message {
        findAlternative(message, at: now)
      }
    case .closed(let end): self.end = end
    default: break
    }
    delegate.handle(event, on: &connection, at: now)
    return false
  }

  private mutating func greet(_ connection: inout Connection, at now: Instant) {
    greetedAt = now
    keepAlive.didReconnect()
    guard case .greeting(let place) = state else { return }
    enter(.connected(place), at: now)
    delegate.restore(on: &connection, at: now)
  }

  /// The first address of a Release that we know how to go to (RFC 8323 section 5.5).
  private mutating func findAlternative(_ message: borrowing Message, at now: Instant) {
    var options = message.options
    while let option = options.next() {
      guard option.number == SignalingOption.alternativeAddress,
        let address = AlternativeAddress(option.value, defaultPort: isSecured ? 5684 : 5683)
      else { continue }
      if let place = address.place {
        farewell.alternative = .place(place)
        return
      }
      let name = option.value.extracting(first: address.nameByteCount)
      switch delegate.lookUp(name, port: address.port, at: now) {
      case .found(let place): farewell.alternative = .place(place)
      case .pending: farewell.alternative = .pending
      case .unknown: continue
      }
      return
    }
  }
}
