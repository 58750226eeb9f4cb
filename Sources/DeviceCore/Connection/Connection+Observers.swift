// Observations of the peer (RFC 7641 as changed by RFC 8323 section 7).
extension Connection {
  /// Sends notifications of all observed resources of `handler` that have another state than their observers
  /// know, as far as there is room: when there is room again, the state is the latest one.
  @inline(never)
  public mutating func serveObservers<Handler: RequestHandler & ~Copyable>(
    _ handler: inout Handler, at now: Instant
  ) {
    guard observerCount > 0 else { return }
    // From where it stopped last time, so that a resource that changes all the time starves no other.
    var index = nextObserver
    for _ in observers.indices {
      if index >= observers.count { index = 0 }
      nextObserver = index
      defer { index += 1 }
      guard observers[index].request != nil else { continue }
      let revision = handler.revision(of: observers[index].resource, at: now)
      guard revision != observers[index].revision else { continue }
      guard notify(index, revision, &handler, at: now) else { return }
    }
  }

  // Not in the loop above, which would take the stack of two answers.
  @inline(never)
  private mutating func notify<Handler: RequestHandler & ~Copyable>(
    _ index: Int, _ revision: UInt32?, _ handler: inout Handler, at now: Instant
  ) -> Bool {
    var serving = Serving()
    guard beginNotifying(index, &serving) else { return false }
    handler.respond(to: serving.request, &serving.response)
    didNotify(index, revision, &serving, at: now)
    return true
  }

  /// - Returns: false when there is no room.
  @inline(never)
  @_lifetime(serving: immortal)
  private mutating func beginNotifying(_ index: Int, _ serving: inout Serving) -> Bool {
    guard phase == .open, let layout = observers[index].request else { return false }
    let limit = responseLimit(layout)
    let message = observedRequest(index, layout)
    guard commandRoom >= limit, begin(&serving, message, limit: limit) else { return false }
    serving.response.observe = takeNotificationNumber()
    return true
  }

  @inline(never)
  private mutating func didNotify(
    _ index: Int, _ revision: UInt32?, _ serving: inout Serving, at now: Instant
  ) {
    let message = serving.request.message
    let byteCount = serving.response.finish()
    let code = serving.response.code
    let isSame =
      code == .valid || !observers[index].isFormatKnown
      || serving.response.format == observers[index].format
    if code.isSuccess && !isSame {
      // What was written is not sent (RFC 7641 section 4.2).
      _ = send(ShortMessage(.notAcceptable), token: message.token, at: now)
    } else {
      transmitBuffer.commit(byteCount)
      startStallTimer(at: now)
    }
    if let revision, code.isSuccess, isSame {
      observers[index].revision = revision
      note(&serving.response, &observers[index])
    } else {
      removeObserver(index)
    }
  }

  // MARK: Registration

  /// Whether the answer to this request can be the first notification. Not when its body came in blocks: it
  /// could not be answered again from its last message.
  @inline(never)
  mutating func prepareObservation(of serving: inout Serving) {
    if let index = observerIndex(serving.request.message.token) { removeObserver(index) }
    let method = serving.request.method
    guard serving.request.options.canBeginObservation, serving.traits?.revision != nil,
      method == .get || method == .fetch, freeObserver != nil,
      UInt32(truncatingIfNeeded: serving.request.message.byteCount) <= observedByteCount
    else { return }
    serving.response.observe = takeNotificationNumber()
  }

  /// Notes who is to be notified, when the first notification was a success.
  @inline(never)
  mutating func beginObservation(
    of message: Message, _ traits: ResourceTraits, _ response: inout Response
  ) {
    guard response.code.isSuccess, let revision = traits.revision, let index = freeObserver else {
      return
    }
    let bytes = receiveBuffer.first(message.byteCount)
    guard observerRequests.store(bytes, at: requestOffset(index)) else { return }
    var observer = Observer()
    observer.resource = traits.resource
    observer.request = message.layout
    note(&response, &observer)
    observer.revision = revision
    observers[index] = observer
    observerCount += 1
  }

  private func note(_ response: inout Response, _ observer: inout Observer) {
    guard response.code != .valid else { return }
    observer.format = response.format
    observer.isFormatKnown = true
  }

  /// The longest request that can be kept.
  ///
  /// - Precondition: there are entries.
  @inline(__always)
  private var observedByteCount: UInt32 {
    UInt32(truncatingIfNeeded: observerRequests.count) / UInt32(truncatingIfNeeded: observers.count)
  }

  @inline(__always)
  private func requestOffset(_ index: Int) -> UInt32 {
    observedByteCount &* UInt32(truncatingIfNeeded: index)
  }

  /// The request of an observer.
  @_lifetime(immortal)
  private mutating func observedRequest(_ index: Int, _ layout: MessageLayout) -> Message {
    let start = requestOffset(index)
    let bytes = observerRequests.bytes(start, start &+ UInt32(truncatingIfNeeded: layout.byteCount))
    return Message(bytes, layout: layout)
  }

  private mutating func observerIndex(_ token: Span<UInt8>) -> Int? {
    guard observerCount > 0 else { return nil }
    for index in observers.indices {
      guard let layout = observers[index].request else { continue }
      if observedRequest(index, layout).token.isEqual(to: token) { return index }
    }
    return nil
  }

  private var freeObserver: Int? {
    mutating get {
      for index in observers.indices where observers[index].request == nil { return index }
      return nil
    }
  }

  private mutating func removeObserver(_ index: Int) {
    observers[index].request = nil
    observerCount -= 1
  }

  /// The connection is over: nobody is notified any more (RFC 8323 section 7.4).
  @inline(never)
  mutating func removeObservers() {
    for index in observers.indices { observers[index].request = nil }
    observerCount = 0
  }

  /// Counts up; clients over a reliable transport do not look at it, some that also speak UDP do.
  private mutating func takeNotificationNumber() -> UInt32 {
    notificationNumber = (notificationNumber &+ 1) & 0xff_ffff
    return notificationNumber
  }
}
