import DeviceCore

// From a pause to a stream that is open.

extension Supervisor where Delegate: ~Copyable {
  /// Waits before the next attempt.
  ///
  /// - Parameter setback: nil when nothing has failed.
  mutating func pause(after setback: Setback?, at now: Instant) {
    guard let random = board.random() else { return awaitEntropy(at: now) }
    let span = setback == nil ? backOff.jitter(random) : backOff.next(random)
    link.enter(.waiting(until: now + span, after: setback), at: now)
  }

  /// An attempt has come to nothing.
  mutating func attemptFailed(_ setback: Setback, at now: Instant) {
    link.keepAlive.attemptFailed()
    returnToServer()
    pause(after: setback, at: now)
  }

  /// The next attempt goes to the server that this device was made for.
  mutating func returnToServer() {
    destination = .server
    hopCount = 0
  }

  private mutating func awaitEntropy(at now: Instant) {
    link.enter(.lacksEntropy(until: now + link.options.entropyPause), at: now)
  }

  /// Finds out where to go, and dials.
  ///
  /// - Returns: nil when the state has changed.
  mutating func locate(at now: Instant) -> Deadline? {
    switch answer(at: now) {
    case .found(let place):
      if let end = holdOffs.end(of: place) {
        holdOff(until: end, at: now)
      } else {
        dial(place, at: now)
      }
    case .unknown: attemptFailed(.notLocated, at: now)
    case .pending:
      guard case .lookingUp(let end) = state else {
        link.enter(.lookingUp(until: now + link.options.openTimeout), at: now)
        return nil
      }
      // A board that waits for a name server may or may not wake up when the answer comes.
      if !end.isReached(at: now) { return Deadline(end, now + Milliseconds(100)) }
      attemptFailed(.notLocated, at: now)
    }
    return nil
  }

  private mutating func answer(at now: Instant) -> LookUp {
    switch destination {
    case .server: return link.delegate.locateServer(at: now)
    case .alternative(let place): return .found(place)
    case .pendingAlternative:
      let answer = link.delegate.continueLookUp(at: now)
      if case .found(let place) = answer { destination = .alternative(place) }
      return answer
    }
  }

  /// Leaves a server alone as long as it wants, and not all devices come back in the same moment.
  private mutating func holdOff(until end: Instant, at now: Instant) {
    guard let random = board.random() else { return awaitEntropy(at: now) }
    link.enter(.waiting(until: end + backOff.jitter(random), after: .heldOff), at: now)
  }

  private mutating func dial(_ place: DialPlace, at now: Instant) {
    guard let stream = dialler.dial(place) else { return attemptFailed(.notDialled, at: now) }
    let deadline = now + link.options.openTimeout
    opening = Opening(stream: stream, deadline: deadline)
    link.enter(.opening(place, until: deadline), at: now)
  }

  /// - Returns: nil when the state has changed.
  mutating func open(at now: Instant) -> Deadline? {
    guard case .opening(let place, _) = state, opening != nil else { return nil }
    switch opening!.stream.open() {
    case .open:
      connect(place, at: now)
      return nil
    case .busy: return Deadline(now)
    case .failed:
      abandon(at: now)
      return nil
    case .failing:
      // The peer gets a chance to read why, but not longer than that.
      if !opening!.isFailing {
        opening!.isFailing = true
        opening!.deadline = now + limits.lingerTimeout
      }
    case .nothingYet: break
    }
    if let deadline = opening!.deadline, !deadline.isReached(at: now) {
      return Deadline(deadline, shutdownDeadline)
    }
    abandon(at: now)
    return nil
  }

  private mutating func abandon(at now: Instant) {
    let failure = opening!.stream.failure
    opening!.stream.close()
    opening = nil
    attemptFailed(.notOpened(failure), at: now)
  }

  /// Puts a connection on the stream that is open now.
  private mutating func connect(_ place: DialPlace, at now: Instant) {
    var stream = opening!.stream
    opening = nil
    let isSecured = stream.isSecured
    // Over TLS nobody can guess tokens, or see them (RFC 9175 section 4.2).
    guard let firstToken = isSecured ? 0 : board.random() else {
      stream.close()
      return awaitEntropy(at: now)
    }
    generation &+= 1
    // Those of a device in the same loop have the numbers of its slots, which are fewer.
    let identity = UInt32(generation) << 16 | 0xffff
    let connection = Connection(
      role: .initiator, memory: memory.connection, limits: limits, identity: identity,
      firstToken: firstToken, at: now)
    unsafe memory.traffic.pointee = TrafficMeter()
    endpoint = unsafe Endpoint(
      connection: connection, stream: MeteredStream(stream, meter: memory.traffic))
    link.begin(at: place, isSecured: isSecured, at: now)
  }
}
