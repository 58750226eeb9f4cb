extension Connection {
  /// Lets `handler` answer the request that the last event spoke of, once.
  ///
  /// Does nothing when that event was another one, or when the request has been served.
  @inline(never)
  public mutating func serve<Handler: RequestHandler & ~Copyable>(
    _ handler: inout Handler, at now: Instant
  ) {
    // Only what the handler's code is in between is generic: the rest has frames of its own, which are gone when
    // the handler runs.
    var serving = Serving()
    guard beginServing(&serving) else { return }
    if serving.needsHandler { askTraits(&handler, &serving, at: now) }
    if serving.request.options.needsTraits { takeBlocks(of: &serving, at: now) }
    if serving.response.state == .unanswered {
      handler.respond(to: serving.request, &serving.response)
    }
    endServing(&serving, at: now)
  }

  /// A request that is being served. It begins empty and is filled in place, for to return it would be to copy it.
  struct Serving: ~Copyable, ~Escapable {
    var request: Request
    var response: Response
    /// Where it can wait for a later answer.
    var entry: Int?
    var traits: ResourceTraits?
    /// Whether the handler has something to do before it answers.
    var needsHandler = false

    @inline(never)
    @_lifetime(immortal)
    init() {
      request = Request()
      response = Response()
    }
  }

  /// Begins to serve a message with an answer of at most `limit` bytes.
  ///
  /// - Returns: false when the peer takes not even a code and a token.
  /// - Precondition: there is as much room.
  @inline(never)
  @_lifetime(serving: copy message)
  mutating func begin(_ serving: inout Serving, _ message: Message, limit: Int) -> Bool {
    guard
      transmitBuffer.begin(
        &serving.response.writer, limit: limit, code: .internalServerError, token: message.token)
    else { return false }
    serving.request.begin(message)
    serving.response.accept = serving.request.accept
    serving.response.body.asked = serving.request.options.block2
    serving.response.body.largest = announcesBERT ? largestBlock : .largest
    serving.response.body.wantsSize = serving.request.options.wantsSize
    return true
  }

  /// - Returns: false when there is nothing to serve.
  @inline(never)
  @_lifetime(serving: immortal)
  private mutating func beginServing(_ serving: inout Serving) -> Bool {
    guard case .request(let layout) = current, isLive else { return false }
    current = .seen(layout)
    let message = unsafe frontMessage(layout)
    let entry = freeDeferredEntry(for: message)
    // The connection hands requests out only when there is room; a peer that takes not even a code and
    // a token cannot be answered.
    guard begin(&serving, message, limit: responseLimit(layout)) else { return false }
    serving.entry = entry
    if entry != nil {
      serving.response.deferral = DeferredRequest(connection: identity, number: nextDeferredNumber)
    }
    serving.response.region = answerStore
    serving.response.keeping = keeping(serving.request)
    serving.needsHandler = serving.request.options.needsTraits
    if serving.request.options.beginsBody && hasIncomingBody {
      serving.needsHandler = true
      restartBody(of: message)
    }
    return true
  }

  @inline(never)
  private mutating func askTraits<Handler: RequestHandler & ~Copyable>(
    _ handler: inout Handler, _ serving: inout Serving, at now: Instant
  ) {
    abandonBodies(&handler, at: now)
    guard serving.request.options.needsTraits else { return }
    serving.traits = handler.traits(of: serving.request, at: now)
    abandonBodies(&handler, at: now)
  }

  @inline(never)
  private mutating func endServing(_ serving: inout Serving, at now: Instant) {
    if let part = serving.request.part { acknowledge(part, &serving.response) }
    if serving.response.hasKept { kept = nil }
    let message = serving.request.message
    let unwantedClasses = serving.request.options.unwantedClasses
    if serving.response.state == .postponed, let entry = serving.entry, let token = Token(message.token) {
      deferred[entry] = DeferredEntry(
        token: token, number: nextDeferredNumber, unwantedClasses: unwantedClasses)
      deferredCount += 1
      nextDeferredNumber &+= 1
      return
    }
    let isObserved = serving.response.observe != nil
    let byteCount = serving.response.finish()
    if isObserved, let traits = serving.traits {
      beginObservation(of: message, traits, &serving.response)
    }
    if serving.response.keptByteCount > 0 { keep(&serving.response, to: message, at: now) }
    commit(byteCount, serving.response.code, unless: unwantedClasses, at: now)
  }

  /// More than the last part is acknowledged with 2.31 (RFC 7959 section 2.5).
  private mutating func acknowledge(_ part: BodyPart, _ response: inout Response) {
    switch response.state {
    case .unanswered where !part.isLast: response.begin(.continue)
    case .answered where !part.isLast:
      if response.code.isSuccess { response.begin(.continue) } else { dropBody(part.transfer) }
    default: break
    }
  }

  /// Sends the answers of `handler` to postponed requests that are ready, as far as there is room.
  ///
  /// The handler is told to abandon bodies whose rest does not come, requests whose peer takes no answer any more,
  /// and when the connection is over all that is left.
  @inline(never)
  public mutating func serveDeferred<Handler: RequestHandler & ~Copyable>(
    _ handler: inout Handler, at now: Instant
  ) {
    abandonBodies(&handler, at: now)
    if !isLive { removeObservers() }
    for index in deferred.indices where deferred[index].isUsed {
      let request = DeferredRequest(connection: identity, number: deferred[index].number)
      if !isLive || !takesAnswer(index) {
        deferred[index].isUsed = false
        deferredCount -= 1
        handler.abandon(request)
      } else if handler.isReady(request, at: now) {
        // Without room it stays ready, and is asked for again when output has left.
        let unwantedClasses = deferred[index].unwantedClasses
        var response = Response()
        guard (try? takeDeferred(index, &response)) == true else { continue }
        handler.answer(request, at: now, &response)
        commit(response.finish(), response.code, unless: unwantedClasses, at: now)
      }
    }
  }

  @inline(never)
  private mutating func abandonBodies<Handler: RequestHandler & ~Copyable>(
    _ handler: inout Handler, at now: Instant
  ) {
    while let body = takeAbandoned(at: now) { handler.abandon(body) }
  }

  /// Answers a request that was postponed.
  ///
  /// - Parameter write: writes the whole answer.
  /// - Throws: ``CommandError/unknownRequest`` when it was answered before or belongs to another
  ///   connection, ``CommandError/noRoom`` when it has to wait for output to leave.
  public mutating func respond(
    to request: DeferredRequest, at now: Instant, _ write: (inout Response) -> Void
  ) throws(CommandError) {
    guard isWaiting(request), let entry = deferredEntry(request) else { throw .unknownRequest }
    let unwantedClasses = deferred[entry].unwantedClasses
    var response = Response()
    guard try takeDeferred(entry, &response) else { return }
    write(&response)
    commit(response.finish(), response.code, unless: unwantedClasses, at: now)
  }

  /// Whether the peer takes as much as a code and the token; its last CSM may have changed that.
  @inline(never)
  private mutating func takesAnswer(_ entry: Int) -> Bool {
    let count = deferred[entry].token.count
    return responseLimit(tokenByteCount: count) >= count + 2
  }

  /// Begins the answer of an entry, which is free then.
  ///
  /// - Returns: false when the peer takes not even a code and a token.
  /// - Throws: ``CommandError/noRoom``; the entry is unchanged then.
  @inline(never)
  private mutating func takeDeferred(
    _ entry: Int, _ response: inout Response
  ) throws(CommandError) -> Bool {
    let token = deferred[entry].token
    let responseLimit = responseLimit(tokenByteCount: token.count)
    guard commandRoom >= responseLimit else { throw .noRoom }
    var bytes = InlineArray<8, UInt8>(repeating: 0)
    deferred[entry].isUsed = false
    deferredCount -= 1
    guard
      transmitBuffer.begin(
        &response.writer, limit: responseLimit, code: .internalServerError,
        token: token.copied(to: &bytes))
    else { return false }
    // Who asks for another block would wait for another answer.
    response.keeping = .impossible
    return true
  }

  /// Sends what was written, which is not sent unless it is committed.
  private mutating func commit(
    _ byteCount: Int, _ code: Code, unless unwantedClasses: UInt8, at now: Instant
  ) {
    guard !code.isSuppressed(by: unwantedClasses) else { return }
    transmitBuffer.commit(byteCount)
    startStallTimer(at: now)
  }

  /// Whether this request still wants its answer.
  @inline(__always)
  public func isWaiting(_ request: DeferredRequest) -> Bool {
    request.connection == identity && isLive && deferredEntry(request) != nil
  }

  @inline(__always)
  private func deferredEntry(_ request: DeferredRequest) -> Int? {
    for index in deferred.indices {
      let entry = deferred[index]
      if entry.isUsed && entry.number == request.number { return index }
    }
    return nil
  }

  @inline(__always)
  private func freeDeferredEntry(for message: Message) -> Int? {
    guard message.token.count <= Token.maximumByteCount else { return nil }
    for index in deferred.indices where !deferred[index].isUsed { return index }
    return nil
  }
}
