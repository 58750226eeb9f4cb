extension Connection {
  /// Lets `handler` answer the request that the last event spoke of, once.
  ///
  /// Does nothing when that event was another one, or when the request has been served.
  @inline(never)
  public mutating func serve<Handler: RequestHandler & ~Copyable>(
    _ handler: inout Handler, at now: Instant
  ) {
    guard case .request(let layout) = current, isLive else { return }
    current = .seen(layout)
    let message = unsafe frontMessage(layout)
    // The connection hands requests out only when there is room; a peer that takes not even a code and
    // a token cannot be answered.
    guard
      let writer = transmitBuffer.writer(
        limit: responseLimit(layout), code: .internalServerError, token: message.token)
    else { return }
    var request = Request(message)
    let entry = freeDeferredEntry(for: message)
    let number = nextDeferredNumber
    var response = Response(
      writer, accept: request.accept,
      deferral: entry.map { _ in DeferredRequest(connection: identity, number: number) },
      body: bodyWindow(request.options))
    response.keeping = keeping(message, request.options)
    var traits: ResourceTraits?
    var step = BodyStep.plain
    if request.options.beginsBody && hasIncomingBody {
      restartBody(of: message)
      abandonBodies(&handler, at: now)
    }
    if request.options.needsTraits {
      traits = handler.traits(of: request, at: now)
      abandonBodies(&handler, at: now)
      step = take(message, request.options, traits, &response, at: now)
      if request.options.observe != nil, case .plain = step {
        prepareObservation(of: message, request.options, traits, &response)
      }
    }
    switch step {
    case .plain, .answered: break
    case .part(let part): request.part = part
    case .assembled(let byteCount): unsafe request.use(body: assembly.bytes(0, byteCount))
    }
    if response.state == .unanswered { handler.respond(to: request, &response) }
    if let part = request.part { acknowledge(part, &response) }
    if response.state == .postponed, let entry, let token = Token(message.token) {
      deferred[entry] = DeferredEntry(
        token: token, number: number, unwantedClasses: request.options.unwantedClasses)
      deferredCount += 1
      nextDeferredNumber &+= 1
    } else {
      let isObserved = response.observe != nil
      let finished = response.finish()
      if isObserved, let traits { beginObservation(of: message, traits, finished) }
      conclude(finished, message, request.options, at: now)
    }
  }

  /// More than the last part is acknowledged with 2.31 (RFC 7959 section 2.5).
  @inline(never)
  private mutating func acknowledge(_ part: BodyPart, _ response: inout Response) {
    switch response.state {
    case .unanswered where !part.isLast: response.begin(.continue)
    case .answered where !part.isLast:
      if response.code.isSuccess { response.begin(.continue) } else { dropBody(part.transfer) }
    default: break
    }
  }

  @inline(never)
  private mutating func conclude(
    _ finished: Response.Finished, _ message: Message, _ options: RequestOptions, at now: Instant
  ) {
    if let byteCount = finished.keptByteCount { keep(finished, of: message, byteCount, at: now) }
    // What is not committed is not sent.
    guard !finished.code.isSuppressed(by: options.unwantedClasses) else { return }
    transmitBuffer.commit(finished.byteCount)
    startStallTimer(at: now)
  }

  /// What a response may hold of its body.
  @inline(__always)
  func bodyWindow(_ options: RequestOptions) -> BodyWindow {
    // The peer asks for the next block in the size that it gets, which we have to have announced as well.
    BodyWindow(
      asked: options.block2, largest: announcesBERT ? largestBlock : .largest,
      wantsSize: options.wantsSize)
  }

  /// Sends the answers of `handler` to postponed requests that are ready, as far as there is room.
  ///
  /// The handler is told to abandon bodies whose rest does not come, and when the connection is over all that is
  /// left.
  @inline(never)
  public mutating func serveDeferred<Handler: RequestHandler & ~Copyable>(
    _ handler: inout Handler, at now: Instant
  ) {
    abandonBodies(&handler, at: now)
    if !isLive { removeObservers() }
    for index in 0..<deferred.count where deferred[index].isUsed {
      let request = DeferredRequest(connection: identity, number: deferred[index].number)
      if !isLive {
        deferred[index].isUsed = false
        deferredCount -= 1
        handler.abandon(request)
      } else if handler.isReady(request, at: now) {
        // Without room it stays ready, and is asked for again when output has left.
        let unwantedClasses = deferred[index].unwantedClasses
        guard var response = (try? takeDeferred(index)) ?? nil else { continue }
        handler.answer(request, at: now, &response)
        send(response, unless: unwantedClasses, at: now)
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
    guard var response = try takeDeferred(entry) else { return }
    write(&response)
    send(response, unless: unwantedClasses, at: now)
  }

  /// Begins the answer of an entry, which is free then.
  ///
  /// - Returns: nil when the peer takes not even a code and a token.
  /// - Throws: ``CommandError/noRoom``; the entry is unchanged then.
  @inline(never)
  private mutating func takeDeferred(_ entry: Int) throws(CommandError) -> Response? {
    let token = deferred[entry].token
    let responseLimit = responseLimit(tokenByteCount: token.count)
    guard commandRoom >= responseLimit else { throw .noRoom }
    var bytes = InlineArray<8, UInt8>(repeating: 0)
    deferred[entry].isUsed = false
    deferredCount -= 1
    guard
      let writer = transmitBuffer.writer(
        limit: responseLimit, code: .internalServerError, token: token.copied(to: &bytes))
    else { return nil }
    var response = Response(
      writer, accept: nil, deferral: nil,
      body: BodyWindow(asked: nil, largest: .largest, wantsSize: false))
    // Who asks for another block would wait for another answer.
    response.keeping = .impossible
    return response
  }

  private mutating func send(
    _ response: consuming Response, unless unwantedClasses: UInt8, at now: Instant
  ) {
    let finished = response.finish()
    guard !finished.code.isSuppressed(by: unwantedClasses) else { return }
    transmitBuffer.commit(finished.byteCount)
    startStallTimer(at: now)
  }

  /// Whether this request still wants its answer.
  @inline(__always)
  public func isWaiting(_ request: DeferredRequest) -> Bool {
    request.connection == identity && isLive && deferredEntry(request) != nil
  }

  @inline(__always)
  private func deferredEntry(_ request: DeferredRequest) -> Int? {
    for index in 0..<deferred.count {
      let entry = deferred[index]
      if entry.isUsed && entry.number == request.number { return index }
    }
    return nil
  }

  @inline(__always)
  private func freeDeferredEntry(for message: Message) -> Int? {
    guard message.token.count <= Token.maximumByteCount else { return nil }
    for index in 0..<deferred.count where !deferred[index].isUsed { return index }
    return nil
  }
}
