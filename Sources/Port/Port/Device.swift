import DeviceCore

/// A device that listens: a fixed number of connections, their resources, and the loop that drives both.
///
/// The same code runs in the simulator and on a chip; what differs is the board, the listener and the
/// memory of the slots.
@safe
public struct Device<
  B: Board, L: Listener, Table: ResourceTable & ~Copyable, Observer: DeviceObserver & ~Copyable
>: ~Copyable {
  /// Time, waiting and randomness.
  public var board: B
  /// Where peers come in.
  public var listener: L
  /// The resources and the observer.
  public var service: Service<Table, Observer>
  /// What every connection allows.
  public let limits: Limits
  /// How long a stream may take to open: the handshake of TLS. Zero: for ever.
  public var handshakeTimeout: Milliseconds = .seconds(30)
  private let slots: UnsafeMutableBufferPointer<Slot<L.Stream>>
  private var isStopping = false

  /// - Parameters:
  ///   - slots: one for each connection at a time; when all are taken, further peers wait in the
  ///     transport's queue.
  ///   - limits: what every connection allows.
  /// - Precondition: the memory of `slots` is initialised, outlives this value and does not move.
  @unsafe
  public init(
    board: B, listener: L, resources: consuming Resources<Table>, observer: consuming Observer,
    limits: Limits = Limits(), slots: UnsafeMutableBufferPointer<Slot<L.Stream>>
  ) {
    precondition(slots.count > 0 && slots.count <= 0xffff)
    self.board = board
    self.listener = listener
    service = Service(resources: resources, observer: observer)
    self.limits = limits
    unsafe self.slots = slots
  }

  /// Serves until ``stop()`` was called and the last connection is over: on most devices for ever.
  public mutating func run() {
    while true {
      let deadline = step()
      if isStopping && isIdle { return }
      board.wait(until: deadline)
    }
  }

  /// Does all that can be done now, without blocking.
  ///
  /// - Returns: when to call again even if nothing comes; nil for never.
  @inline(never)
  public mutating func step() -> Instant? {
    let now = board.now
    var next: Instant?
    for index in unsafe slots.indices { advance(index, at: now) }
    // Behind the pumping, so that a place that has become free is given away at once.
    if !isStopping { acceptAll(at: now) }
    // What was asked on one connection may have changed what is observed on another one.
    for index in unsafe slots.indices { notify(index, at: now) }
    for index in unsafe slots.indices {
      guard let deadline = unsafe slots[index].deadline else { continue }
      if next == nil || deadline.isBefore(next!) { next = deadline }
    }
    if var answer = service.resources.nextAnswer {
      // One that is due and still here waits for room: look again soon, but do not spin.
      if answer.isReached(at: now) { answer = now + Milliseconds(1) }
      if next == nil || answer.isBefore(next!) { next = answer }
    }
    return next
  }

  /// Accepts nothing more and releases every connection; go on with ``step()`` until ``isIdle``.
  public mutating func stop() {
    isStopping = true
    let now = board.now
    for index in unsafe slots.indices {
      unsafe slots[index].endpoint?.connection.release(at: now)
      // Nothing is owed to a peer whose handshake is not over.
      if unsafe slots[index].opening != nil { abandon(index) }
    }
  }

  /// Whether there is no connection.
  public var isIdle: Bool { connectionCount == 0 }

  /// How many connections there are.
  public var connectionCount: Int {
    var count = 0
    for index in unsafe slots.indices where unsafe !slots[index].isFree { count += 1 }
    return count
  }

  // MARK: Inside

  private mutating func acceptAll(at now: Instant) {
    for index in unsafe slots.indices {
      // One that is over at once leaves its place to the next, which nothing would announce again.
      while unsafe slots[index].isFree {
        guard let stream = listener.accept() else { return }
        let limit = handshakeTimeout.rawValue == 0 ? nil : now + handshakeTimeout
        unsafe slots[index].opening = Opening(stream: stream, deadline: limit)
        service.observer.didAccept(slot: index)
        advance(index, at: now)
      }
    }
  }

  // Called from two places: one copy.
  @inline(never)
  private mutating func advance(_ index: Int, at now: Instant) {
    if unsafe slots[index].opening != nil { open(index, at: now) }
    guard unsafe slots[index].endpoint != nil, !isQuiet(index, at: now) else { return }
    pump(index, at: now)
  }

  /// A machine with thousands of connections must not go through all of them for the few that are busy.
  private mutating func isQuiet(_ index: Int, at now: Instant) -> Bool {
    // A Release is to be sent to everybody then.
    if isStopping { return false }
    if let deadline = unsafe slots[index].deadline, deadline.isReached(at: now) { return false }
    return unsafe slots[index].endpoint!.isQuiet()
  }

  private mutating func open(_ index: Int, at now: Instant) {
    switch unsafe slots[index].opening!.stream.open() {
    case .open:
      let stream = unsafe slots[index].opening!.stream
      unsafe slots[index].opening = nil
      connect(index, stream, at: now)
      return
    case .busy:
      unsafe slots[index].deadline = now
      return
    case .failed:
      abandon(index)
      return
    case .failing:
      if unsafe !slots[index].opening!.isFailing {
        unsafe slots[index].opening!.isFailing = true
        unsafe slots[index].opening!.deadline = now + limits.lingerTimeout
      }
    case .nothingYet: break
    }
    let limit = unsafe slots[index].opening!.deadline
    if let limit, limit.isReached(at: now) {
      abandon(index)
    } else {
      unsafe slots[index].deadline = limit
    }
  }

  /// Ends a stream that did not open.
  private mutating func abandon(_ index: Int) {
    service.observer.didFail(
      slot: index, unsafe slots[index].opening!.stream.failure ?? .local(.handshakeTimedOut))
    unsafe slots[index].opening!.stream.close()
    unsafe slots[index].opening = nil
    unsafe slots[index].deadline = nil
  }

  private mutating func connect(_ index: Int, _ opened: L.Stream, at now: Instant) {
    var stream = opened
    guard let random = board.random() else {
      service.observer.lacksEntropy()
      stream.close()
      unsafe slots[index].deadline = nil
      return
    }
    unsafe slots[index].generation &+= 1
    let identity = unsafe UInt32(slots[index].generation) << 16 | UInt32(index)
    let connection = unsafe Connection(
      role: .acceptor, memory: slots[index].memory, limits: limits, identity: identity,
      firstToken: stream.isSecured ? 0 : random, at: now)
    unsafe slots[index].endpoint = Endpoint(connection: connection, stream: stream)
  }

  private mutating func notify(_ index: Int, at now: Instant) {
    guard unsafe slots[index].endpoint != nil,
      unsafe slots[index].endpoint!.connection.observerCount > 0
    else { return }
    unsafe slots[index].endpoint!.connection.serveObservers(&service.resources, at: now)
    if unsafe !slots[index].endpoint!.connection.pendingOutput.isEmpty { pump(index, at: now) }
    guard unsafe slots[index].endpoint != nil else { return }
    // A notification that waits for room goes out when the transport has made some.
    let next = service.resources.nextRevision(at: now)
    unsafe slots[index].deadline = Instant.earlier(slots[index].deadline, next)
  }

  private mutating func pump(_ index: Int, at now: Instant) {
    unsafe slots[index].endpoint!.connection.serveDeferred(&service.resources, at: now)
    service.slot = index
    let next = unsafe service.observer.attend(
      to: &slots[index].endpoint!.connection, slot: index, at: now)
    switch unsafe slots[index].endpoint!.pump(&service, at: now) {
    case .busy:
      unsafe slots[index].deadline = now
    case .waiting(let deadline):
      unsafe slots[index].deadline = Instant.earlier(deadline, next)
    case .over:
      unsafe slots[index].endpoint!.connection.serveDeferred(&service.resources, at: now)
      let failure = unsafe slots[index].endpoint?.failure
      if let failure { service.observer.didFail(slot: index, failure) }
      unsafe slots[index].endpoint = nil
      unsafe slots[index].deadline = nil
    }
  }
}

/// What a device does with events: tells the observer and lets the resources answer.
public struct Service<
  Table: ResourceTable & ~Copyable, Observer: DeviceObserver & ~Copyable
>: ~Copyable, EndpointDelegate {
  /// Who answers.
  public var resources: Resources<Table>
  /// Who hears of it.
  public var observer: Observer
  var slot = 0

  init(resources: consuming Resources<Table>, observer: consuming Observer) {
    self.resources = resources
    self.observer = observer
  }

  public mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {
    observer.observe(event, on: connection, slot: slot)
    if event == .request {
      connection.serve(&resources, at: now)
      observer.didServe(on: connection, slot: slot)
    }
    observer.didHandle(event, on: &connection, slot: slot, at: now)
  }
}
