extension Connection {
  /// The largest message that may be sent at all: what the peer takes and the memory holds.
  ///
  /// Mutating, because what is not would be handed a copy of the connection when it is called.
  var messageLimit: Int {
    @inline(never)
    mutating get {
      min(transmitBuffer.largestMessage, limit(peerCapabilities.maximumMessageByteCount))
    }
  }

  /// The room that has to be free before a request with a token of this length is handed out.
  @inline(never)
  mutating func responseLimit(tokenByteCount: Int) -> Int {
    let largest = limits.largestResponseByteCount
    if largest == 0 { return messageLimit }
    // A short answer fits in any case.
    return min(messageLimit, max(limit(largest), ConnectionMemory.signalByteCount + tokenByteCount))
  }

  @inline(__always)
  mutating func responseLimit(_ layout: MessageLayout) -> Int {
    responseLimit(tokenByteCount: layout.optionsOffset &- layout.tokenOffset)
  }

  /// The room for anything but the answer to the request that was handed out and not served yet.
  var commandRoom: Int {
    @inline(never)
    mutating get {
      guard case .request(let layout) = current else { return transmitBuffer.room }
      return transmitBuffer.room &- responseLimit(layout)
    }
  }

  /// A limit from a peer as a length: beyond any memory is the same as endless.
  @inline(__always)
  private func limit(_ byteCount: UInt32) -> Int {
    Int(truncatingIfNeeded: min(byteCount, 0x7fff_ffff))
  }

  /// Writes one whole message behind the pending ones.
  ///
  /// What does not fit into the peer's Max-Message-Size is left out, or nothing is sent when not even code
  /// and token fit: the peer asked for that.
  ///
  /// - Returns: false when there is no room now.
  @inline(never)
  mutating func send(_ message: ShortMessage, token: Span<UInt8>, at now: Instant) -> Bool {
    let room = message.isLast ? transmitBuffer.roomWithReserve : commandRoom
    let limit = min(room, self.limit(peerCapabilities.maximumMessageByteCount))
    guard room >= ConnectionMemory.signalByteCount + token.count else { return false }
    var writer = MessageWriter()
    guard transmitBuffer.begin(&writer, limit: limit, code: message.code, token: token) else {
      return true
    }
    try? message.write(to: &writer)
    transmitBuffer.commit(writer.finish())
    startStallTimer(at: now)
    return true
  }

  @inline(never)
  mutating func send(_ message: ShortMessage, token: Token = Token(), at now: Instant) -> Bool {
    var bytes = InlineArray<8, UInt8>(repeating: 0)
    return send(message, token: token.copied(to: &bytes), at: now)
  }

  @inline(never)
  mutating func startStallTimer(at now: Instant) {
    if !stallTimer.isOn { stallTimer = Timer(limits.stallTimeout, from: now) }
  }

  // MARK: The end

  /// Whether we asked for the end and wait for our own requests.
  @inline(__always)
  var isWinding: Bool { phase == .winding }

  /// Neither closed nor about to be.
  @inline(__always)
  var isLive: Bool {
    switch phase {
    case .closing, .lingering, .closed, .over: false
    default: true
    }
  }

  /// The peer broke a rule: Abort, then close; nothing behind it is processed (RFC 8323 section 5.6).
  mutating func fail(_ fault: ProtocolFault, at now: Instant) -> Step {
    sendAbort(
      text: fault.text, number: fault.number, badCSMOption: fault.badCSMOption, at: now)
    shutDown(.aborted(fault))
    return .changed
  }

  /// The peer asks nothing more: what is owed is answered, but not for ever.
  @inline(never)
  mutating func finish(_ end: ConnectionEnd, at now: Instant) {
    phase = .finishing
    self.end = end
    phaseTimer = Timer(limits.requestTimeout, from: now)
  }

  /// Processes nothing more and closes when the pending output is out.
  mutating func shutDown(_ end: ConnectionEnd) {
    phase = .closing
    self.end = end
    phaseTimer = .off
    messageTimer = .off
    pingTimer = .off
    current = .none
    receiveBuffer.consume(receiveBuffer.count)
    if input != .ended { input = .discarded }
  }

  /// Over at once: what is pending is lost.
  @inline(never)
  mutating func close(_ end: ConnectionEnd) {
    guard phase != .closed && phase != .over else { return }
    phase = .closed
    self.end = end
    phaseTimer = .off
    messageTimer = .off
    pingTimer = .off
    stallTimer = .off
    if input != .ended { input = .discarded }
    transmitBuffer.didSend(transmitBuffer.count)
  }

  @inline(never)
  mutating func open() {
    phase = .open
    phaseTimer = .off
  }

  /// One message at the front of the receive buffer, readable while output is written.
  ///
  /// The two buffers are different memory that outlives the connection. What was received moves only in
  /// ``space`` and ``receive(_:at:)``, so do not keep this across an input.
  @unsafe
  @_lifetime(immortal)
  @inline(__always)
  func frontMessage(_ layout: MessageLayout) -> Message {
    let message = Message(receiveBuffer.first(layout.byteCount), layout: layout)
    return unsafe _overrideLifetime(message, copying: ())
  }
}
