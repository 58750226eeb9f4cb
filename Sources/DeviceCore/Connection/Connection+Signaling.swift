extension Connection {
  // MARK: Commands

  /// Sends a Ping (RFC 8323 section 5.4). The answer comes as ``Event/pong(custody:)``; without any byte
  /// from the peer within ``Limits/pingTimeout`` the connection ends.
  ///
  /// - Parameter custody: ask the peer to answer only when it has processed all that came before.
  /// - Throws: ``CommandError/notReady``, ``CommandError/ending``, ``CommandError/tooManyUnderWay`` while
  ///   another Ping is, ``CommandError/noRoom``.
  public mutating func ping(custody: Bool = false, at now: Instant) throws(CommandError) {
    try checkCommand()
    guard pingToken == nil || !pingTimer.isOn else { throw .tooManyUnderWay }
    let token = nextToken
    var ping = ShortMessage(.ping)
    if custody { ping.set(SignalingOption.custody) }
    guard send(ping, token: Token(token), at: now) else { throw .noRoom }
    pingToken = takeToken()
    quietSince = now
    pingTimer = Timer(limits.pingTimeout, from: now)
  }

  /// Ends the connection in an orderly way (RFC 8323 section 5.5): no new requests of ours; when those
  /// under way are answered a Release goes out, and the peer has ``Limits/releaseTimeout`` to close.
  ///
  /// - Parameter holdOffSeconds: how long the peer is to stay away; zero says nothing about that.
  public mutating func release(holdOffSeconds: UInt32 = 0, at now: Instant) {
    guard isAwaitingCapabilities || isOpen else { return }
    // Some peers fail on more than 12 bits.
    self.holdOffSeconds = UInt16(truncatingIfNeeded: min(holdOffSeconds, 4095))
    phase = .winding
    phaseTimer = Timer(limits.releaseTimeout, from: now)
  }

  /// Ends the connection at once with an Abort that carries `text` (RFC 8323 section 5.6).
  public mutating func abort(_ text: StaticString, at now: Instant) {
    guard isLive else { return }
    sendAbort(text: text, number: nil, badCSMOption: nil, at: now)
    shutDown(.abortedLocally)
  }

  /// The driver has closed the writing side, as ``transportAction`` asked.
  public mutating func didFinishWriting(at now: Instant) {
    guard phase == .closing else { return }
    if input == .ended {
      close(end)
    } else {
      phase = .lingering
      phaseTimer = Timer(limits.lingerTimeout, from: now)
    }
  }

  // MARK: Receiving

  mutating func handleSignal(_ layout: MessageLayout, at now: Instant) -> Step {
    let message = unsafe frontMessage(layout)
    switch layout.code {
    case .capabilitiesAndSettings: return handleCapabilities(message, at: now)
    case .abort: return handleAbort(message)
    case .ping, .pong, .release: break
    default: return fail(.reservedCode(layout.code), at: now)
    }
    if let number = message.firstCriticalOption {
      return fail(.unknownSignalingOption(number.rawValue), at: now)
    }
    switch layout.code {
    case .ping: return handlePing(message, at: now)
    case .pong: return handlePong(message)
    default: return handleRelease(message, at: now)
    }
  }

  /// The event speaks of `message`.
  @inline(never)
  mutating func markSeen(_ message: Message) {
    current = .seen(message.layout)
  }

  private mutating func handleCapabilities(_ message: Message, at now: Instant) -> Step {
    // One that is wrong changes nothing, not even how long the Abort may be.
    var capabilities = peerCapabilities
    do {
      try capabilities.update(from: message)
    } catch {
      return fail(error, at: now)
    }
    peerCapabilities = capabilities
    if isAwaitingCapabilities { open() }
    markSeen(message)
    return .event(.capabilities)
  }

  private mutating func handlePing(_ ping: Message, at now: Instant) -> Step {
    let custody = ping.hasCustody
    // A token that cannot be kept makes the Pong come at once and without Custody, which is allowed.
    if custody, deferredCount > 0, let token = Token(ping.token) {
      guard custodyPing == nil else { return .blocked }
      custodyPing = CustodyPing(token: token, barrier: nextDeferredNumber)
    } else {
      var pong = ShortMessage(.pong)
      if custody && deferredCount == 0 { pong.set(SignalingOption.custody) }
      guard send(pong, token: ping.token, at: now) else { return .blocked }
    }
    receiveBuffer.consume(ping.byteCount)
    return .changed
  }

  private mutating func handlePong(_ pong: Message) -> Step {
    // Some peers lose the token of a Ping: a Pong without one answers whatever Ping there is.
    let isAnswer = pingToken != nil && (pong.token.count == 0 || Token(pong.token)?.number == pingToken)
    let custody = pong.hasCustody
    guard isAnswer else {
      receiveBuffer.consume(pong.byteCount)
      return .changed
    }
    pingToken = nil
    pingTimer = .off
    markSeen(pong)
    return .event(.pong(custody: custody))
  }

  private mutating func handleRelease(_ message: Message, at now: Instant) -> Step {
    var holdOff: UInt32?
    if let option = message.firstOption(SignalingOption.holdOff), option.value.count <= 3 {
      holdOff = option.uint
    }
    finish(phase == .releasing ? .released : .releasedByPeer, at: now)
    markSeen(message)
    return .event(.release(holdOffSeconds: holdOff))
  }

  private mutating func handleAbort(_ message: Message) -> Step {
    var bad: UInt16?
    if let option = message.firstOption(SignalingOption.badCSMOption), option.value.count <= 2 {
      bad = option.uint.map { UInt16(truncatingIfNeeded: $0) }
    }
    markSeen(message)
    close(.abortedByPeer)
    return .event(.aborted(badCSMOption: bad))
  }

  // MARK: Sending

  mutating func sendCapabilities(at now: Instant) {
    // All of them in every CSM: some peers take a CSM as starting over (RFC 8323 section 5.3).
    var message = ShortMessage(.capabilitiesAndSettings)
    message.set(SignalingOption.maxMessageSize, limits.maximumMessageByteCount)
    message.longestToken = limits.maximumTokenByteCount
    _ = send(message, at: now)
  }

  mutating func sendRelease(at now: Instant) {
    var message = ShortMessage(.release)
    if holdOffSeconds > 0 { message.set(SignalingOption.holdOff, UInt32(holdOffSeconds)) }
    // With a text it is longer than two bytes: shorter ones are overlooked by some peers.
    message.text = "release"
    message.isLast = true
    guard send(message, at: now) else { return }
    phase = .releasing
    phaseTimer = Timer(limits.releaseTimeout, from: now)
  }

  /// An Abort, as far as it fits: without its text if need be, not at all if the peer takes nothing.
  mutating func sendAbort(
    text: StaticString, number: UInt16?, badCSMOption: UInt16?, at now: Instant
  ) {
    var message = ShortMessage(.abort)
    if let badCSMOption { message.set(SignalingOption.badCSMOption, UInt32(badCSMOption)) }
    message.text = text
    message.number = number
    message.isLast = true
    _ = send(message, at: now)
  }

  /// The Pong that waited for deferred requests, once they are answered.
  mutating func sendDuePong(at now: Instant) {
    guard let ping = custodyPing, isLive else { return }
    for index in deferred.indices {
      let entry = deferred[index]
      // Numbers wrap: those given before the barrier lie in the half circle behind it.
      if entry.isUsed && entry.number &- ping.barrier >= 0x8000 { return }
    }
    var pong = ShortMessage(.pong)
    pong.set(SignalingOption.custody)
    if send(pong, token: ping.token, at: now) { custodyPing = nil }
  }
}
