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
  let slots: UnsafeMutableBufferPointer<Slot<L.Stream>>
  /// Without memory all slots are looked at each time.
  let wakes: WakeSet
  /// No deadline is earlier; it may be too early.
  var earliest: Instant?
  /// No slot before this one is free.
  var firstFree = 0
  var isStopping = false
  /// How many connections there are.
  public internal(set) var connectionCount = 0

  /// - Parameters:
  ///   - slots: one for each connection at a time; when all are taken, further peers wait in the
  ///     transport's queue.
  ///   - limits: what every connection allows.
  ///   - wakes: for as many slots at least, on a device with very many of them.
  /// - Precondition: the memory of `slots` is initialised, outlives this value and does not move.
  @unsafe
  public init(
    board: B, listener: L, resources: consuming Resources<Table>, observer: consuming Observer,
    limits: Limits = Limits(), slots: UnsafeMutableBufferPointer<Slot<L.Stream>>, wakes: WakeSet = WakeSet()
  ) {
    precondition(slots.count > 0 && slots.count <= 0xffff)
    precondition(wakes.isEmpty || wakes.slotCount >= slots.count)
    self.board = board
    self.listener = listener
    service = Service(resources: resources, observer: observer)
    self.limits = limits
    unsafe self.slots = slots
    self.wakes = wakes
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
    advanceAll(at: now)
    // Behind the pumping, so that a place that has become free is given away at once.
    let hasMore = !isStopping && acceptSome(at: now)
    // What was asked on one connection may have changed what is observed on another one.
    let count = connectionCount
    notifyAll(at: now)
    // A place that has become free here is given away in the next step, and nobody else calls for it.
    var next = hasMore || connectionCount < count ? now : nextDeadline(at: now)
    if var answer = service.resources.nextAnswer {
      // One that is due and still here waits for room: look again soon, but do not spin.
      if answer.isReached(at: now) { answer = now + Milliseconds(1) }
      next = Instant.earlier(next, answer)
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
      if !wakes.isEmpty { wakes.wake(index) }
    }
  }

  /// Whether there is no connection.
  public var isIdle: Bool { connectionCount == 0 }
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
    observer.observe(event, on: &connection, slot: slot)
    if event == .request {
      connection.serve(&resources, at: now)
      observer.didServe(on: &connection, slot: slot)
    }
    observer.didHandle(event, on: &connection, slot: slot, at: now)
  }
}
