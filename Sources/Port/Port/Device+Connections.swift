import DeviceCore

// What is done with one slot.
extension Device where Table: ~Copyable, Observer: ~Copyable {
  /// Gives a free place to a stream that was accepted.
  mutating func take(_ index: Int, _ accepted: L.Stream, at now: Instant) {
    var stream = accepted
    unsafe slots[index].isWatched = !wakes.isEmpty && stream.setWaker(wakes.waker(index))
    let limit = handshakeTimeout.rawValue == 0 ? nil : now + handshakeTimeout
    unsafe slots[index].opening = Opening(stream: stream, deadline: limit)
    connectionCount += 1
    service.observer.didAccept(slot: index)
  }

  private mutating func free(_ index: Int) {
    unsafe slots[index].opening = nil
    unsafe slots[index].endpoint = nil
    unsafe slots[index].deadline = nil
    connectionCount -= 1
    firstFree = min(firstFree, index)
  }

  // Called from two places: one copy.
  @inline(never)
  mutating func advance(_ index: Int, at now: Instant) {
    if unsafe slots[index].opening != nil { open(index, at: now) }
    if unsafe slots[index].endpoint != nil { pump(index, at: now) }
    setAttention(index)
  }

  private mutating func open(_ index: Int, at now: Instant) {
    switch unsafe slots[index].opening!.stream.open() {
    case .open: return connect(index, at: now)
    case .busy: return setBusy(index, at: now)
    case .failed: return abandon(index)
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
      setDeadline(index, limit)
    }
  }

  /// Ends a stream that did not open.
  mutating func abandon(_ index: Int) {
    service.observer.didFail(
      slot: index, unsafe slots[index].opening!.stream.failure ?? .local(.handshakeTimedOut))
    unsafe slots[index].opening!.stream.close()
    free(index)
  }

  private mutating func connect(_ index: Int, at now: Instant) {
    guard let random = board.random() else {
      service.observer.lacksEntropy()
      unsafe slots[index].opening!.stream.close()
      return free(index)
    }
    let stream = unsafe slots[index].opening!.stream
    unsafe slots[index].opening = nil
    unsafe slots[index].generation &+= 1
    let identity = unsafe UInt32(slots[index].generation) << 16 | UInt32(index)
    let connection = unsafe Connection(
      role: .acceptor, memory: slots[index].memory, limits: limits, identity: identity,
      firstToken: stream.isSecured ? 0 : random, at: now)
    unsafe slots[index].endpoint = Endpoint(connection: connection, stream: stream)
  }

  mutating func notify(_ index: Int, at now: Instant) {
    guard unsafe slots[index].endpoint != nil,
      unsafe slots[index].endpoint!.connection.observerCount > 0
    else { return }
    unsafe slots[index].endpoint!.connection.serveObservers(&service.resources, at: now)
    if unsafe !slots[index].endpoint!.connection.pendingOutput.isEmpty {
      pump(index, at: now)
      setAttention(index)
    }
    guard unsafe slots[index].endpoint != nil else { return }
    // A notification that waits for room goes out when the transport has made some.
    let next = service.resources.nextRevision(at: now)
    setDeadline(index, unsafe Instant.earlier(slots[index].deadline, next))
  }

  private mutating func pump(_ index: Int, at now: Instant) {
    unsafe slots[index].endpoint!.connection.serveDeferred(&service.resources, at: now)
    service.slot = index
    // An observer that always has more to send gets no more than a few rounds in a turn.
    for _ in 0..<4 {
      switch unsafe slots[index].endpoint!.pump(&service, at: now) {
      case .busy: return setBusy(index, at: now)
      case .waiting(let deadline):
        let pending = unsafe slots[index].endpoint!.connection.pendingOutput.count
        let next = unsafe service.observer.attend(
          to: &slots[index].endpoint!.connection, slot: index, at: now)
        setDeadline(index, Instant.earlier(deadline, next))
        if unsafe slots[index].endpoint!.connection.pendingOutput.count <= pending
          && slots[index].endpoint!.connection.transportAction == .keepOpen
        {
          return
        }
      case .over: return end(index, at: now)
      }
    }
    setBusy(index, at: now)
  }

  private mutating func end(_ index: Int, at now: Instant) {
    unsafe slots[index].endpoint!.connection.serveDeferred(&service.resources, at: now)
    let failure = unsafe slots[index].endpoint?.failure
    if let failure { service.observer.didFail(slot: index, failure) }
    free(index)
  }
}
