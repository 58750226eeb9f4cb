extension Connection {
  /// Sends a request (RFC 7252 section 5.3). Several may be under way; responses come in any order as
  /// ``Event/response(_:)``, and every request ends in exactly one event of that kind or
  /// ``Event/requestFailed(_:_:)``.
  ///
  /// - Parameters:
  ///   - method: a code of class 0.
  ///   - isObserving: whether `write` appends Observe with the value 0, so that notifications come as
  ///     ``Event/notification(_:)`` until a response without that option ends the observation (RFC 7641).
  ///   - observation: an observation whose token is used again: to register anew (RFC 7641 section 3.3.1), or
  ///     with Observe 1 and `isObserving` false to end it (RFC 8323 section 7.4).
  ///   - state: up to 60 bytes that come back at the end of the response's token, if the peer and
  ///     ``Limits/maximumTokenByteCount`` take such long tokens (RFC 8974).
  ///   - timeout: how long to wait for the response; nil for ``Limits/requestTimeout``.
  ///   - write: appends options and payload.
  /// - Throws: ``CommandError``; the connection is unchanged then.
  @inline(__always)
  public mutating func request(
    _ method: Code, isObserving: Bool = false, reusing observation: RequestID? = nil,
    state: Span<UInt8> = StaticString("").bytes, timeout: Milliseconds? = nil, at now: Instant,
    _ write: (inout MessageWriter) throws(WriteError) -> Void
  ) throws(CommandError) -> RequestID {
    var draft = Draft()
    try begin(&draft, method, observation, state)
    do {
      try write(&draft.writer)
    } catch {
      throw draft.refusal(error)
    }
    let kind =
      isObserving ? .registration : observation == nil ? .response : PendingRequest.State.deregistration
    return send(&draft, kind, timeout: timeout, at: now)
  }

  /// A request that is being written.
  private struct Draft: ~Copyable {
    var entry = 0
    var number: UInt32 = 0
    var tail: UInt32 = 0
    /// Whether pending output takes room that it would have otherwise.
    var isCramped = false
    var writer = MessageWriter()

    @inline(never)
    func refusal(_ error: WriteError) -> CommandError {
      if error == .tooLarge { return isCramped ? .noRoom : .tooLarge }
      return .invalid(error)
    }
  }

  @inline(never)
  private mutating func begin(
    _ draft: inout Draft, _ method: Code, _ observation: RequestID?, _ state: Span<UInt8>
  ) throws(CommandError) {
    precondition(method.isRequest)
    try checkCommand()
    let entry = try entry(for: observation)
    let number = observation?.token ?? nextToken
    var bytes = InlineArray<64, UInt8>(repeating: 0)
    let token = try composeToken(number, state, &bytes)
    let largest = messageLimit
    let room = commandRoom
    guard room >= ConnectionMemory.signalByteCount &+ state.count else { throw .noRoom }
    guard
      transmitBuffer.begin(&draft.writer, limit: min(room, largest), code: method, token: token)
    else { throw .tooLarge }
    draft.entry = entry
    draft.number = number
    draft.tail = tokenTail(state)
    draft.isCramped = room < largest
  }

  @inline(never)
  private mutating func send(
    _ draft: inout Draft, _ state: PendingRequest.State, timeout: Milliseconds?, at now: Instant
  ) -> RequestID {
    transmitBuffer.commit(draft.writer.finish())
    startStallTimer(at: now)
    if draft.number == nextToken { _ = takeToken() }
    var request = PendingRequest()
    request.token = draft.number
    request.tail = draft.tail
    request.timer = Timer(timeout ?? limits.requestTimeout, from: now)
    request.state = state
    if !requests[draft.entry].state.isAwaiting { requestCount += 1 }
    requests[draft.entry] = request
    requestTimer = requestTimer.earlier(request.timer)
    return RequestID(token: draft.number)
  }

  /// The entry of an observation, or a free one.
  private mutating func entry(for observation: RequestID?) throws(CommandError) -> Int {
    guard let observation else {
      guard let free = freeRequest else { throw .tooManyUnderWay }
      return free
    }
    guard let index = requestIndex(observation.token), requests[index].state != .response
    else { throw .unknownRequest }
    return index
  }

  /// - Throws: ``CommandError/tokenTooLong``.
  @_lifetime(&bytes)
  private mutating func composeToken(
    _ number: UInt32, _ state: Span<UInt8>, _ bytes: inout InlineArray<64, UInt8>
  ) throws(CommandError) -> Span<UInt8> {
    let count = 4 &+ state.count
    // The answer has the same token.
    let longest = min(peerCapabilities.maximumTokenByteCount, limits.maximumTokenByteCount)
    guard state.count <= 60, count <= Int(longest) else { throw .tokenTooLong }
    let token = Token(number)
    for index in 0..<4 { bytes[index] = token[index] }
    for index in state.indices { bytes[4 &+ index] = state[index] }
    return bytes.span.extracting(first: count)
  }

  /// Waits for no answer and no notification any more: they are dropped when they come. The peer goes on with an
  /// observation; to end it, see ``request(_:isObserving:reusing:state:timeout:at:_:)``.
  public mutating func cancel(_ request: RequestID) {
    _ = takeRequest(token: request.token)
  }

  /// What every command checks first.
  @inline(__always)
  func checkCommand() throws(CommandError) {
    switch phase {
    case .open: return
    case .awaitingCapabilities: if role != .initiator { throw .notReady }
    default: throw .ending
    }
  }

  /// Counts up and never comes back within a connection (RFC 9175 section 4.2).
  mutating func takeToken() -> UInt32 {
    let token = nextToken
    nextToken &+= 1
    return token
  }

  // MARK: Responses

  mutating func handleResponse(_ layout: MessageLayout) -> Step {
    let message = unsafe frontMessage(layout)
    guard let index = requestIndex(of: message.token) else {
      // Nobody asked, or nobody waits any more.
      receiveBuffer.consume(layout.byteCount)
      return .changed
    }
    let request = RequestID(token: requests[index].token)
    // A 4.02 may repeat the option that it complains about.
    if let unknown = message.firstUnknownCritical, layout.code != .badOption {
      free(index)
      receiveBuffer.consume(layout.byteCount)
      return .event(.requestFailed(request, .unknownCriticalOption(unknown)))
    }
    markSeen(message)
    let state = requests[index].state
    if state != .response, layout.code.isSuccess, message.firstOption(.observe) != nil {
      // The answer that ends an observation is still to come behind this one.
      if state == .registration {
        requests[index].state = .notifications
        requests[index].timer = .off
        didAnswer()
      }
      return .event(.notification(request))
    }
    free(index)
    return .event(.response(request))
  }

  /// The entry that a response with this token is for: all of the token has to be the same.
  private mutating func requestIndex(of token: Span<UInt8>) -> Int? {
    guard token.count >= 4, let number = Token(token.extracting(first: 4))?.number,
      let index = requestIndex(number),
      requests[index].tail == tokenTail(token.extracting(droppingFirst: 4))
    else { return nil }
    return index
  }

  @inline(never)
  private mutating func requestIndex(_ number: UInt32) -> Int? {
    for index in requests.indices
    where requests[index].token == number && requests[index].state != .free { return index }
    return nil
  }

  private var freeRequest: Int? {
    mutating get {
      for index in requests.indices where requests[index].state == .free { return index }
      return nil
    }
  }

  private mutating func free(_ index: Int) {
    let wasAwaiting = requests[index].state.isAwaiting
    requests[index].state = .free
    if wasAwaiting { didAnswer() }
  }

  private mutating func didAnswer() {
    requestCount -= 1
    if requestCount == 0 { requestTimer = .off }
  }

  mutating func takeRequest(token: UInt32) -> RequestID? {
    guard let index = requestIndex(token) else { return nil }
    free(index)
    return RequestID(token: token)
  }

  mutating func takeAnyRequest() -> RequestID? {
    for index in requests.indices where requests[index].state != .free {
      free(index)
      return RequestID(token: requests[index].token)
    }
    return nil
  }
}

/// The length and a hash of what stands behind the number in a token.
private func tokenTail(_ bytes: Span<UInt8>) -> UInt32 {
  guard bytes.count > 0 else { return 0 }
  var hash: UInt32 = 0x811c_9dc5
  for index in bytes.indices { hash = (hash ^ UInt32(bytes[index])) &* 0x0100_0193 }
  return UInt32(truncatingIfNeeded: bytes.count) &<< 16 | hash &>> 16
}

extension Message {
  /// The first critical option of a response that a client of this SDK does not act on.
  ///
  /// None is defined for responses but Block1 and Block2, once each. The numbers that are reserved for more parts
  /// of a location count as critical beside one (RFC 7252 section 5.10.7).
  var firstUnknownCritical: OptionNumber? {
    var previous: UInt16 = 0
    var hasLocation = false
    var options = self.options
    while let option = options.nextCompact() {
      let isRepeated = option.number.rawValue == previous
      previous = option.number.rawValue
      switch option.number {
      case .block1 where !isRepeated && option.value.count <= 3,
        .block2 where !isRepeated && option.value.count <= 3:
        continue
      case .locationPath, .locationQuery: hasLocation = true
      default:
        let isReserved = option.number.rawValue & ~12 == 128
        if isReserved && hasLocation { return option.number }
        if option.number.isCritical { return option.number }
      }
    }
    return nil
  }
}
