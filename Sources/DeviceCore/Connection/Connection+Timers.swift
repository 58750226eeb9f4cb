extension Connection {
  /// When to call `poll` again even if nothing happens; nil when no timer runs.
  public var deadline: Instant? {
    // Mutating, because what is not would be handed a copy of the connection when it is called.
    @inline(never)
    mutating get {
      var next = phaseTimer.earlier(messageTimer).earlier(pingTimer).earlier(stallTimer)
      next = next.earlier(keepAliveTimer).earlier(idleTimer).earlier(requestTimer)
      next = next.earlier(bodyTimer)
      return next.deadline
    }
  }

  private var keepAliveTimer: Timer {
    @inline(never)
    mutating get {
      guard isOpen, !pingTimer.isOn else { return .off }
      let timer = Timer(limits.keepAliveInterval, from: quietSince)
      if !timer.isOn || transmitBuffer.room >= ConnectionMemory.signalByteCount * 2 { return timer }
      // A Ping waits for room, but not longer than it would wait for its Pong.
      guard let deadline = timer.deadline, limits.pingTimeout.rawValue != 0 else { return .off }
      return Timer(limits.pingTimeout, from: deadline)
    }
  }

  private var idleTimer: Timer {
    @inline(never)
    mutating get {
      guard isOpen, requestCount == 0, deferredCount == 0 else { return .off }
      return Timer(limits.idleTimeout, from: lastReceived)
    }
  }

  /// Does what one due timer asks for. Mostly there is none, and this is asked at every step.
  @inline(__always)
  mutating func takeDue(at now: Instant) -> Step {
    guard
      custodyPing != nil || stallTimer.isDue(at: now) || pingTimer.isDue(at: now)
        || phaseTimer.isDue(at: now) || messageTimer.isDue(at: now) || requestTimer.isDue(at: now)
        || limits.keepAliveInterval.rawValue != 0 && keepAliveTimer.isDue(at: now)
        || limits.idleTimeout.rawValue != 0 && idleTimer.isDue(at: now)
    else { return .starved }
    return actOnTimers(at: now)
  }

  @inline(never)
  private mutating func actOnTimers(at now: Instant) -> Step {
    sendDuePong(at: now)
    if stallTimer.isDue(at: now) {
      close(isEndInSight ? end : .notReading)
    }
    if pingTimer.isDue(at: now) {
      close(.unresponsive)
    }
    if phaseTimer.isDue(at: now) {
      phaseTimer = .off
      switch phase {
      case .awaitingCapabilities:
        guard limits.legacyPeerWait.rawValue != 0 else { return fail(.capabilitiesMissing, at: now) }
        open()
        return .event(.capabilitiesAssumed)
      // Our own requests were not answered in time: the peer is told all the same.
      case .winding: sendRelease(at: now)
      case .releasing: close(.releaseTimedOut)
      case .finishing: shutDown(end)
      case .lingering: close(end)
      default: break
      }
    }
    if messageTimer.isDue(at: now), isLive {
      return fail(.messageStalled, at: now)
    }
    if keepAliveTimer.isDue(at: now) {
      if (try? ping(at: now)) == nil { close(.unresponsive) }
    }
    if idleTimer.isDue(at: now) {
      release(at: now)
    }
    if requestTimer.isDue(at: now) {
      var next = Timer.off
      for index in requests.indices where requests[index].state.isAwaiting {
        let request = requests[index]
        if request.timer.isDue(at: now), let failed = takeRequest(token: request.token) {
          return .event(.requestFailed(failed, .timedOut))
        }
        next = next.earlier(request.timer)
      }
      requestTimer = next
    }
    return .starved
  }

  /// Whether a connection whose last bytes cannot be sent was ending anyway.
  @inline(__always)
  private var isEndInSight: Bool { phase == .finishing || phase == .closing || phase == .lingering }
}
