import DeviceCore

// While there is a connection, and what becomes of it.

extension Supervisor where Delegate: ~Copyable {
  /// - Returns: nil when the state has changed.
  mutating func serve<Handler: RequestHandler & ~Copyable>(
    _ handler: inout Handler, at now: Instant
  ) -> Deadline? {
    endpoint!.connection.serveDeferred(&handler, at: now)
    write(&handler, at: now)
    // What a response makes room for leaves in the same step, as far as others need not wait.
    for _ in 0..<4 {
      let progress = Supervisor.pump(&endpoint!, &link, &handler, at: now)
      link.account(unsafe memory.traffic.pointee, at: now)
      switch progress {
      case .over:
        finish(&handler, at: now)
        return nil
      case .busy: return Deadline(now)
      case .waiting(let deadline):
        noteEnding(at: now)
        let pending = endpoint!.connection.pendingOutput.count
        let hasReleased = isReleasing
        write(&handler, at: now)
        if endpoint!.connection.pendingOutput.count == pending, isReleasing == hasReleased {
          return self.deadline(deadline, &handler, at: now)
        }
      }
    }
    return Deadline(now)
  }

  /// Writes what is not in answer to anything: notifications, telemetry, a Ping, a Release.
  private mutating func write<Handler: RequestHandler & ~Copyable>(
    _ handler: inout Handler, at now: Instant
  ) {
    if endpoint!.connection.observerCount > 0 { endpoint!.connection.serveObservers(&handler, at: now) }
    link.send(on: &endpoint!.connection, at: now)
    releaseIfDue(at: now)
  }

  private static func pump<Handler: RequestHandler & ~Copyable>(
    _ endpoint: inout Endpoint<MeteredStream<D.Stream>>, _ link: inout SupervisorLink<Delegate>,
    _ handler: inout Handler, at now: Instant
  ) -> Endpoint<MeteredStream<D.Stream>>.Progress {
    unsafe withUnsafeMutablePointer(to: &link) { link in
      unsafe withUnsafeMutablePointer(to: &handler) { handler in
        var relay = unsafe Relay(link, handler)
        return endpoint.pump(&relay, at: now)
      }
    }
  }

  private mutating func deadline<Handler: RequestHandler & ~Copyable>(
    _ connection: Instant?, _ handler: inout Handler, at now: Instant
  ) -> Deadline {
    var next = Deadline(connection, link.deadline(on: &endpoint!.connection))
    if shutdownDeadline?.isReached(at: now) == false { next = Deadline(next.moment, shutdownDeadline) }
    if endpoint!.connection.observerCount > 0 {
      next = Deadline(next.moment, handler.nextRevision(at: now))
    }
    // An answer that is due and still here waits for room: look again soon, but do not spin.
    if let answer = handler.nextAnswer {
      next = Deadline(next.moment, answer.isReached(at: now) ? now + Milliseconds(1) : answer)
    }
    return next
  }

  private mutating func noteEnding(at now: Instant) {
    guard case .connected(let place) = state, !endpoint!.connection.isOpen else { return }
    link.enter(.ending(place), at: now)
  }

  /// Releases when a shutdown has nothing left to send, or no time.
  private mutating func releaseIfDue(at now: Instant) {
    guard let deadline = shutdownDeadline, !isReleasing else { return }
    let isHopeless = link.telemetry.delay.map { !$0.isBefore(deadline) } ?? false
    guard telemetry.count == 0 || isHopeless || deadline.isReached(at: now) else { return }
    isReleasing = true
    // What is still here then is not worth another connection.
    shutdownDeadline = now
    endpoint!.connection.release(at: now)
  }

  // MARK: The end

  private mutating func finish<Handler: RequestHandler & ~Copyable>(
    _ handler: inout Handler, at now: Instant
  ) {
    // Deferred requests are abandoned.
    endpoint!.connection.serveDeferred(&handler, at: now)
    let failure = endpoint?.failure
    endpoint = nil
    link.keepAlive.connectionEnded(link.end)
    if let greeted = link.greetedAt, !(now.since(greeted) < link.options.settlingTime) { backOff.reset() }
    if let holdOff = link.farewell.holdOff, let place = link.place {
      holdOffs.add(place, until: now + holdOff)
    }
    if follow(link.farewell.alternative) { return pause(after: nil, at: now) }
    // An alternative that was reached is good until it says goodbye.
    if link.greetedAt == nil || link.farewell.isReleased { returnToServer() }
    pause(after: failure.map { .broken($0) } ?? .ended(link.end), at: now)
  }

  /// - Returns: whether the next attempt goes where a server has sent us.
  private mutating func follow(_ alternative: SupervisorLink<Delegate>.Alternative) -> Bool {
    guard hopCount < link.options.maximumHopCount else { return false }
    switch alternative {
    case .none: return false
    case .place(let place): destination = .alternative(place)
    case .pending: destination = .pendingAlternative
    }
    hopCount += 1
    return true
  }
}
