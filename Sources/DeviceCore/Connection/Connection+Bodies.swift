// Bodies that are larger than a message: Block1 on its way in, and answers that the peer fetches with Block2
// (RFC 7959, RFC 8323 section 6).
extension Connection {
  /// Whether our CSM said that we take BERT blocks (RFC 8323 section 5.3.2).
  @inline(__always)
  var announcesBERT: Bool { limits.maximumMessageByteCount > 1152 }

  /// The largest blocks that the peer takes.
  @inline(__always)
  public var largestBlock: BlockSize { peerCapabilities.supportsBERT ? .bert : .largest }

  /// What a request with Block1 or Block2 leads to.
  enum BodyStep {
    /// Its payload is its body.
    case plain
    /// The resource takes this part of a body.
    case part(BodyPart)
    /// The body is complete, in the connection's memory.
    case assembled(byteCount: UInt32)
    /// The response has been written.
    case answered
  }

  /// Looks at the blocks of a request that no resource has seen yet.
  @inline(never)
  mutating func take(
    _ message: Message, _ options: RequestOptions, _ traits: ResourceTraits?,
    _ response: inout Response, at now: Instant
  ) -> BodyStep {
    if let block = options.block2, block.size.isBERT, !announcesBERT {
      return response.stop(.badRequest("no BERT here"))
    }
    if let block = options.block1 {
      guard block.allows(payloadByteCount: message.payload.count),
        announcesBERT || !block.size.isBERT
      else { return response.stop(.badRequest("payload and block size differ")) }
      guard let traits else { return .plain }
      return take(block, of: message, options, traits, &response, at: now)
    }
    if let block = options.block2, block.number > 0, message.code != .get {
      return repeatAnswer(to: message, &response, at: now)
    }
    return .plain
  }

  // MARK: Bodies of requests

  /// Whether there is a body that can begin anew.
  @inline(__always)
  var hasIncomingBody: Bool {
    for index in 0..<incoming.count where incoming[index].state != .free { return true }
    return false
  }

  /// A body begins anew, in blocks or as a whole: what came of it before is given up (RFC 7959 section 2.5).
  @inline(never)
  mutating func restartBody(of message: Message) {
    if let index = incomingIndex(message.bodyKey) { giveUp(index) }
  }

  private mutating func take(
    _ block: Block, of message: Message, _ options: RequestOptions, _ traits: ResourceTraits,
    _ response: inout Response, at now: Instant
  ) -> BodyStep {
    let isStreamed = traits.largestStreamedBody > 0
    let largest = isStreamed ? traits.largestStreamedBody : UInt32(assembly.count)
    let count = UInt32(truncatingIfNeeded: message.payload.count)
    if block.number == 0 && !block.isMore {
      // A body of one block.
      response.block1 = block
      guard isStreamed else { return .plain }
      guard count <= largest else { return response.stop(tooLarge: largest) }
      return .part(takePart(nil, offset: 0, isLast: true, options))
    }
    let key = message.bodyKey
    if block.number == 0 {
      guard count <= largest, options.size1 ?? 0 <= largest else {
        return response.stop(tooLarge: largest)
      }
      guard begin(key, isStreamed: isStreamed, options) else {
        return response.stop(.serviceUnavailable("too many bodies under way"))
      }
    }
    guard let index = incomingIndex(key), incoming[index].next == block.offset,
      incoming[index].format == options.contentFormat
    else {
      if let index = incomingIndex(key) { giveUp(index) }
      return response.stop(Refusal(.requestEntityIncomplete, "not the next block"))
    }
    guard count <= largest &- min(block.offset, largest),
      isStreamed || assembly.store(message.payload, at: block.offset)
    else {
      giveUp(index)
      return response.stop(tooLarge: largest)
    }
    response.block1 = block
    incoming[index].next = block.offset &+ count
    incoming[index].timer = Timer(limits.bodyTimeout, from: now)
    bodyTimer = bodyTimer.earlier(incoming[index].timer)
    if isStreamed {
      return .part(takePart(index, offset: block.offset, isLast: !block.isMore, options))
    }
    if block.isMore {
      response.begin(.continue)
      return .answered
    }
    incoming[index].state = .free
    return .assembled(byteCount: incoming[index].next)
  }

  /// - Returns: false when there is no entry or no memory for one more body.
  private mutating func begin(_ key: UInt32, isStreamed: Bool, _ options: RequestOptions) -> Bool {
    var free: Int?
    for index in 0..<incoming.count {
      if incoming[index].state == .assembled && !isStreamed { return false }
      if incoming[index].state == .free { free = index }
    }
    guard let free else { return false }
    var entry = IncomingBody()
    entry.key = key
    entry.format = options.contentFormat
    entry.number = takeTransferNumber()
    entry.state = isStreamed ? .streamed : .assembled
    incoming[free] = entry
    return true
  }

  /// The part for its resource. With the last one the body is over.
  private mutating func takePart(
    _ index: Int?, offset: UInt32, isLast: Bool, _ options: RequestOptions
  ) -> BodyPart {
    let number = index.map { incoming[$0].number } ?? takeTransferNumber()
    if let index, isLast { incoming[index].state = .free }
    return BodyPart(
      transfer: BodyTransfer(connection: identity, number: number), offset: offset, isLast: isLast,
      announcedByteCount: options.size1)
  }

  private mutating func takeTransferNumber() -> UInt16 {
    defer { nextTransferNumber &+= 1 }
    return nextTransferNumber
  }

  private mutating func incomingIndex(_ key: UInt32) -> Int? {
    for index in 0..<incoming.count {
      let state = incoming[index].state
      if incoming[index].key == key && (state == .assembled || state == .streamed) { return index }
    }
    return nil
  }

  /// The resource has refused a part: there is nothing to tell it of the rest.
  mutating func dropBody(_ transfer: BodyTransfer) {
    for index in 0..<incoming.count
    where incoming[index].state == .streamed && incoming[index].number == transfer.number {
      incoming[index].state = .free
    }
  }

  private mutating func giveUp(_ index: Int) {
    incoming[index].state = incoming[index].state == .streamed ? .abandoned : .free
  }

  /// The next body that was given up and whose resource does not know yet.
  @inline(never)
  mutating func takeAbandoned(at now: Instant) -> BodyTransfer? {
    if bodyTimer.isDue(at: now) || !isLive { expireBodies(at: now) }
    for index in 0..<incoming.count where incoming[index].state == .abandoned {
      incoming[index].state = .free
      return BodyTransfer(connection: identity, number: incoming[index].number)
    }
    return nil
  }

  private mutating func expireBodies(at now: Instant) {
    var next = Timer.off
    for index in 0..<incoming.count {
      switch incoming[index].state {
      case .free, .abandoned: continue
      case .assembled, .streamed:
        let timer = incoming[index].timer
        if !isLive || timer.isDue(at: now) { giveUp(index) } else { next = next.earlier(timer) }
      }
    }
    if let answer = kept {
      if !isLive || answer.timer.isDue(at: now) { kept = nil } else { next = next.earlier(answer.timer) }
    }
    bodyTimer = next
  }

  // MARK: Bodies of answers

  /// Whether the connection has to keep the body of the answer.
  @inline(__always)
  func keeping(_ message: Message, _ options: RequestOptions) -> Response.Keeping {
    guard message.code != .get, options.block2?.number ?? 0 == 0 else { return .needless }
    return message.code == .fetch ? .helpful(answerStore) : .needed(answerStore)
  }

  /// Keeps an answer of which the peer has got the first block.
  mutating func keep(
    _ finished: Response.Finished, of message: Message, _ byteCount: UInt32, at now: Instant
  ) {
    let timer = Timer(limits.bodyTimeout, from: now)
    kept = KeptAnswer(
      key: message.answerKey, code: finished.code, format: finished.format, byteCount: byteCount,
      timer: timer)
    bodyTimer = bodyTimer.earlier(timer)
  }

  /// Another block of an answer that was kept (RFC 7959 section 3.3).
  private mutating func repeatAnswer(
    to message: Message, _ response: inout Response, at now: Instant
  ) -> BodyStep {
    guard let answer = kept, answer.key == message.answerKey else {
      // Asking the resource would do again what was done, unless that is nothing.
      if message.code == .fetch { return .plain }
      return response.stop(Refusal(.requestEntityIncomplete, "the answer is not kept"))
    }
    kept?.timer = Timer(limits.bodyTimeout, from: now)
    response.begin(answer.code)
    if let format = answer.format { response.append(.contentFormat, format) }
    let part = response.beginBody(of: answer.byteCount)
    response.skip(to: part.lowerBound)
    response.append(answerStore.bytes(part.lowerBound, part.upperBound))
    if part.upperBound == answer.byteCount { kept = nil }
    return .answered
  }
}

extension Response {
  /// An answer without a resource.
  fileprivate mutating func stop(_ refusal: Refusal) -> Connection.BodyStep {
    refuse(refusal)
    return .answered
  }

  /// 4.13 with the largest body that would be taken.
  fileprivate mutating func stop(tooLarge largest: UInt32) -> Connection.BodyStep {
    begin(.requestEntityTooLarge)
    // Zero: none that is larger than a message.
    if largest > 0 { append(.size1, uint: largest) }
    return .answered
  }
}
