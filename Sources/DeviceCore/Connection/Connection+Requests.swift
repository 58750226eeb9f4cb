extension Connection {
  /// Sends a request (RFC 7252 section 5.3). Several may be under way; responses come in any order as
  /// ``Event/response(_:)``, and every request ends in exactly one event.
  ///
  /// - Parameters:
  ///   - method: a code of class 0.
  ///   - timeout: how long to wait for the response; nil for ``Limits/requestTimeout``.
  ///   - write: appends options and payload.
  /// - Throws: ``CommandError``; the connection is unchanged then.
  public mutating func request(
    _ method: Code, timeout: Milliseconds? = nil, at now: Instant,
    _ write: (inout MessageWriter) throws(WriteError) -> Void
  ) throws(CommandError) -> RequestID {
    precondition(method.isRequest)
    try checkCommand()
    guard let entry = freeRequest else { throw .tooManyUnderWay }
    let largest = messageLimit
    let room = commandRoom
    guard room >= ConnectionMemory.signalByteCount else { throw .noRoom }
    let number = nextToken
    var bytes = InlineArray<8, UInt8>(repeating: 0)
    guard
      var writer = transmitBuffer.writer(
        limit: min(room, largest), code: method, token: Token(number).copied(to: &bytes))
    else { throw .tooLarge }
    do {
      try write(&writer)
    } catch {
      if error == .tooLarge { throw room < largest ? .noRoom : .tooLarge }
      throw .invalid(error)
    }
    transmitBuffer.commit(writer.finish())
    startStallTimer(at: now)
    _ = takeToken()
    var request = PendingRequest()
    request.token = number
    request.timer = Timer(timeout ?? limits.requestTimeout, from: now)
    request.isUsed = true
    requests[entry] = request
    requestCount += 1
    requestTimer = requestTimer.earlier(request.timer)
    return RequestID(token: number)
  }

  /// Waits for no answer any more: it is dropped when it comes.
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
    let unknown = message.firstUnknownCritical
    guard let number = Token(message.token)?.number, let request = takeRequest(token: number) else {
      // Nobody asked, or nobody waits any more.
      receiveBuffer.consume(layout.byteCount)
      return .changed
    }
    // A 4.02 may repeat the option that it complains about.
    if let unknown, layout.code != .badOption {
      receiveBuffer.consume(layout.byteCount)
      return .event(.requestFailed(request, .unknownCriticalOption(unknown)))
    }
    current = .seen(layout)
    return .event(.response(request))
  }

  @inline(__always)
  private var freeRequest: Int? {
    for index in 0..<requests.count where !requests[index].isUsed { return index }
    return nil
  }

  mutating func takeRequest(token: UInt32) -> RequestID? {
    for index in 0..<requests.count where requests[index].isUsed && requests[index].token == token {
      requests[index].isUsed = false
      requestCount -= 1
      if requestCount == 0 { requestTimer = .off }
      return RequestID(token: token)
    }
    return nil
  }

  mutating func takeAnyRequest() -> RequestID? {
    for index in 0..<requests.count where requests[index].isUsed {
      return takeRequest(token: requests[index].token)
    }
    return nil
  }
}

extension Message {
  /// The first critical option of a response that a client of this SDK does not act on.
  ///
  /// None is defined for responses but Block1 and Block2, which belong to block-wise transfers.
  var firstUnknownCritical: OptionNumber? {
    var options = self.options
    while let option = options.nextCompact() {
      if option.number.isCritical { return option.number }
    }
    return nil
  }
}
