extension Connection {
  // MARK: Inputs

  /// Free bytes of the receive buffer, to read into. Empty while the peer has to wait.
  public var space: MutableSpan<UInt8> {
    @_lifetime(&self)
    mutating get {
      receiveBuffer.makeSpace()
      return receiveBuffer.space
    }
  }

  /// Whether reading makes sense: there is space, and what comes is of interest.
  @inline(__always)
  public var wantsInput: Bool {
    switch phase {
    case .closed, .over: false
    default: input != .ended && receiveBuffer.count < receiveBuffer.capacity
    }
  }

  /// Whether bytes are waiting: for the rest of their message, or for room for its answer.
  @inline(__always)
  public var hasUnprocessedInput: Bool { receiveBuffer.count > 0 }

  /// The transport put `count` bytes at the start of ``space``.
  public mutating func didReceive(_ count: Int, at now: Instant) {
    guard count > 0 else { return }
    receiveBuffer.commit(count)
    lastReceived = now
    quietSince = now
    pingTimer = .off
    if case .discarded = input {
      current = .none
      receiveBuffer.consume(receiveBuffer.count)
    }
  }

  /// Copies in as many bytes as there is space for.
  ///
  /// - Returns: how many that were.
  public mutating func receive(_ bytes: Span<UInt8>, at now: Instant) -> Int {
    receiveBuffer.makeSpace()
    let count = receiveBuffer.append(bytes)
    didReceive(count, at: now)
    return count
  }

  /// The peer has closed its side of the stream: it asks nothing more (half-close).
  public mutating func receiveEnd(at now: Instant) {
    if phase == .lingering { return close(end) }
    if case .skipping(let rest) = input {
      // What follows the skipped message is still processed; an end within it is one within a message.
      let isWhole = UInt32(receiveBuffer.count) >= rest
      receiveBuffer.consume(isWhole ? Int(rest) : receiveBuffer.count)
      if !isWhole && (isOpen || isWinding) { finish(.truncated, at: now) }
    }
    input = .ended
  }

  /// The transport is broken: nothing can be sent or received any more.
  public mutating func transportFailed() {
    // When all that mattered had happened: many a peer resets instead of closing.
    let isDone = phase == .closing || phase == .lingering
    close(isDone ? end : .transportFailed)
  }

  // MARK: Events

  /// The next event, or nil when more bytes, room or time are needed. See ``Connection`` for the order.
  @inline(never)
  public mutating func poll(at now: Instant) -> Event? {
    finishCurrent(at: now)
    while true {
      if case .event(let event) = takeDue(at: now) { return event }
      switch phase {
      case .closed:
        if let failed = takeAnyRequest() { return .requestFailed(failed, .connectionEnded) }
        phase = .over
        return .closed(end)
      case .closing, .lingering:
        return takeAnyRequest().map { .requestFailed($0, .connectionEnded) }
      case .over:
        return nil
      default:
        break
      }
      switch nextMessage(at: now) {
      case .event(let event): return event
      case .changed: continue
      case .blocked: return nil
      case .starved:
        guard settle(at: now) else { return nil }
      }
    }
  }

  /// What one look at the receive buffer led to.
  enum Step {
    /// There is no whole message.
    case starved
    /// There is one, and no room for what it asks for.
    case blocked
    /// Something was done that is no event.
    case changed
    case event(Event)
  }

  private mutating func nextMessage(at now: Instant) -> Step {
    if case .skipping(let rest) = input {
      let count = min(rest, UInt32(receiveBuffer.count))
      receiveBuffer.consume(Int(count))
      guard count == rest else {
        input = .skipping(rest - count)
        return awaitBytes(at: now)
      }
      input = .messages
      messageTimer = .off
    }
    let token = Int(limits.maximumTokenByteCount)
    do throws(FormatError) {
      let progress = try FrameHeader.parse(receiveBuffer.bytes, maximumTokenByteCount: token)
      switch progress {
      case .incomplete(let least):
        guard least > limits.largestByteCount else { return awaitBytes(at: now) }
        guard least <= limits.drainByteCount else { throw FormatError(.messageTooLarge, at: 0) }
        return awaitBytes(at: now)
      case .complete(let header):
        let size = header.messageByteCount
        if size > limits.largestByteCount { return try refuse(header, at: now) }
        guard Int(size) <= receiveBuffer.count else { return awaitBytes(at: now) }
        let bytes = receiveBuffer.first(Int(size))
        let layout: MessageLayout
        do throws(FormatFault) {
          layout = try MessageLayout(bytes, header: header, isCompact: true)
        } catch {
          return fail(.format(error), at: now)
        }
        messageTimer = .off
        return handle(layout, at: now)
      }
    } catch {
      return fail(.format(error.fault), at: now)
    }
  }

  /// A message has begun and not ended: from now on it has a deadline.
  private mutating func awaitBytes(at now: Instant) -> Step {
    if receiveBuffer.count == 0 && input == .messages {
      messageTimer = .off
    } else if !messageTimer.isOn {
      messageTimer = Timer(limits.messageTimeout, from: now)
    }
    return .starved
  }

  /// A message above our limit: skipped where that was configured, else an Abort.
  private mutating func refuse(_ header: FrameHeader, at now: Instant) throws(FormatError) -> Step {
    let size = header.messageByteCount
    let head = header.byteCount + header.tokenByteCount
    guard size <= limits.drainByteCount, head <= receiveBuffer.capacity,
      header.code.isRequest || header.code.isResponse, !isAwaitingCapabilities
    else { throw FormatError(.messageTooLarge, at: 0) }
    guard receiveBuffer.count >= head else { return awaitBytes(at: now) }
    var step = Step.changed
    let token = receiveBuffer.bytes.extracting(header.byteCount..<head)
    if header.code.isRequest {
      var answer = ShortMessage(.requestEntityTooLarge)
      answer.set(.size1, limits.maximumMessageByteCount)
      guard send(answer, token: token, at: now) else { return .blocked }
    } else if let number = Token(token)?.number, let request = takeRequest(token: number) {
      step = .event(.requestFailed(request, .responseTooLarge))
    }
    let present = min(size, UInt32(receiveBuffer.count))
    receiveBuffer.consume(Int(present))
    if present < size { input = .skipping(size - present) }
    return step
  }

  /// Acts on one whole message at the front of the receive buffer.
  private mutating func handle(_ layout: MessageLayout, at now: Instant) -> Step {
    let code = layout.code
    if code == .empty {
      receiveBuffer.consume(layout.byteCount)
      return .changed
    }
    if isAwaitingCapabilities {
      guard code == .capabilitiesAndSettings || code == .abort else {
        guard limits.legacyPeerWait.rawValue != 0 else { return fail(.capabilitiesNotFirst, at: now) }
        open()
        return .event(.capabilitiesAssumed)
      }
    }
    if code.isSignaling { return handleSignal(layout, at: now) }
    if code.isRequest {
      guard transmitBuffer.room >= responseLimit(layout) else { return .blocked }
      current = .request(layout)
      return .event(.request)
    }
    if code.isResponse { return handleResponse(layout) }
    return fail(.reservedCode(code), at: now)
  }

  /// Done with the message of the last event: a request that nobody served is answered here.
  private mutating func finishCurrent(at now: Instant) {
    guard let layout = current.layout else { return }
    if case .request = current, isLive {
      // There is room: that was the condition for handing the request out.
      current = .seen(layout)
      _ = send(
        ShortMessage(.notImplemented), token: unsafe frontMessage(layout).token, at: now)
    }
    current = .none
    receiveBuffer.consume(layout.byteCount)
  }

  /// Nothing more to process: ends what only waited for that.
  ///
  /// - Returns: whether the phase has changed.
  private mutating func settle(at now: Instant) -> Bool {
    let before = phase
    if input == .ended {
      switch phase {
      case .releasing: close(.released)
      case .finishing: break
      default: finish(receiveBuffer.count > 0 ? .truncated : .closedByPeer, at: now)
      }
    }
    if phase == .winding, requestCount == 0, deferredCount == 0 { sendRelease(at: now) }
    if phase == .finishing, deferredCount == 0, custodyPing == nil {
      shutDown(end)
    }
    return phase != before
  }
}
