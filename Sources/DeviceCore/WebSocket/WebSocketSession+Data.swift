extension WebSocketSession {
  // MARK: Input

  /// What is waiting already: bytes of messages that were translated and had no place.
  ///
  /// - Returns: how many bytes are now at the start of `space`.
  public mutating func take(into space: inout MutableSpan<UInt8>) -> Int {
    let count = min(keptCount, space.count)
    for index in 0..<count { space[index] = kept[index] }
    for index in count..<keptCount { kept[index - count] = kept[index] }
    keptCount -= count
    guard keptCount == 0, input.hasAssembled else { return count }
    let assembly = fragmentSpace
    return count + input.takeAssembled(assembly: assembly, to: &space, at: count, limit: space.count)
  }

  /// Whether ``take(into:)`` has something.
  public var hasUntaken: Bool { keptCount > 0 || input.hasAssembled }

  /// How many bytes to read next at most, so that all of them can be translated.
  public var readLimit: Int { input.readLimit }

  /// Whether nothing that comes is looked at any more.
  public var isDeaf: Bool { input.isClosed || input.fault != nil }

  /// The peer has sent a Close frame: no message follows.
  public var isClosedByPeer: Bool { input.isClosed }

  /// What the peer did wrong, for a person; nil when nothing.
  ///
  /// Let the connection abort with it, which also closes the WebSocket with the right code.
  public var violation: StaticString? { input.fault?.text }

  /// Translates in place, see ``WebSocketInput/translate(_:from:to:assembly:)``.
  ///
  /// - Returns: how many bytes of messages are now at the start of `bytes`; ``take(into:)`` may have more.
  public mutating func translate(_ bytes: inout MutableSpan<UInt8>, from start: Int, to end: Int) -> Int {
    guard !isDeaf else { return 0 }
    var assembly = fragmentSpace
    let count = input.translate(&bytes, from: start, to: end, assembly: &assembly)
    if let fault = input.fault { output.hidesAborts = !fault.isAboutCoAP }
    return count
  }

  /// Keeps translated bytes for which the reader has no space.
  ///
  /// - Precondition: ``take(into:)`` had nothing, and there are no more than 16 of them.
  public mutating func keep(_ bytes: Span<UInt8>, from start: Int, to end: Int) {
    for index in start..<end {
      kept[keptCount] = bytes[index]
      keptCount += 1
    }
  }

  // MARK: Output

  /// Bytes for the transport. They are in memory that outlives the session, and stay as they are until the next
  /// call that changes it.
  public var pendingOutput: Span<UInt8> {
    @_lifetime(immortal)
    get {
      let span = unsafe Span(_unsafeElements: memory.output).extracting(outputStart..<outputEnd)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }

  /// The transport took the first `count` bytes of ``pendingOutput``.
  ///
  /// - Precondition: so many were pending.
  public mutating func didSend(_ count: Int) {
    precondition(count <= outputEnd - outputStart)
    outputStart += count
    if outputStart == outputEnd {
      outputStart = 0
      outputEnd = 0
      if handshake.isAnswered { handshake = .none }
    }
  }

  /// Puts as much of one message as there is room for into the output. Call it with the same bytes, and those
  /// behind them, until ``takeOffered()`` has told of them.
  ///
  /// - Parameter mask: 32 random bits that were not used before; only a client needs them.
  /// - Returns: whether anything was taken.
  public mutating func offer(_ bytes: Span<UInt8>, mask: UInt32) -> Bool {
    guard phase == .open, bytes.count > offeredCount else { return false }
    var space = outputSpace
    let count = output.translate(
      bytes.extracting(droppingFirst: offeredCount), mask: mask, to: &space, at: &outputEnd)
    offeredCount += count
    return count > 0
  }

  /// How many of the offered bytes the transport has taken since this was asked last.
  public mutating func takeOffered() -> Int {
    guard outputStart == outputEnd else { return 0 }
    defer { offeredCount = 0 }
    return offeredCount
  }

  /// Whether a Pong or a Close frame is due, and can go out before the rest of a message.
  public var wantsControl: Bool {
    guard !output.isWithinMessage else { return false }
    return phase == .finishing || phase == .open && input.owesPong && input.fault == nil
  }

  /// Puts the Pong or the Close frame that is due into the output, if there is room.
  ///
  /// - Parameter mask: 32 random bits that were not used before; only a client needs them.
  public mutating func writeControl(mask: UInt32) {
    guard wantsControl else { return }
    var space = outputSpace
    if phase == .finishing {
      var body = InlineArray<2, UInt8>(repeating: 0)
      let code = ownCloseCode
      body[0] = UInt8(truncatingIfNeeded: (code?.rawValue ?? 0) >> 8)
      body[1] = UInt8(truncatingIfNeeded: code?.rawValue ?? 0)
      let bytes = body.span.extracting(first: code == nil ? 0 : 2)
      if output.writeControl(.close, bytes, mask: mask, to: &space, at: &outputEnd) { phase = .finished }
    } else {
      // A copy, for the input is busy with another part of itself.
      let body = input.control
      let bytes = body.span.extracting(first: input.controlCount)
      if output.writeControl(.pong, bytes, mask: mask, to: &space, at: &outputEnd) {
        input.owesPong = false
      }
    }
  }

  /// Closes this end: a Close frame follows what was offered. It answers the peer's, tells what it did wrong, or
  /// else says `code`.
  public mutating func finish(_ code: WebSocketCloseCode = .normal) {
    guard phase == .open else { return }
    phase = .finishing
    closeCode = code
  }

  private var ownCloseCode: WebSocketCloseCode? {
    if let fault = input.fault { return fault.closeCode }
    if input.isClosed { return input.closeCode }
    return output.hasAborted ? .protocolError : closeCode
  }
}
