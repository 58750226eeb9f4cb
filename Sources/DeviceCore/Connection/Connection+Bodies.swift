// Bodies that are larger than a message: Block1 on its way in, and answers that the peer fetches with Block2
// (RFC 7959, RFC 8323 section 6).
extension Connection {
  /// Whether our CSM said that we take BERT blocks (RFC 8323 section 5.3.2).
  @inline(__always)
  var announcesBERT: Bool { limits.maximumMessageByteCount > 1152 }

  /// The largest blocks that the peer takes.
  @inline(__always)
  public var largestBlock: BlockSize { peerCapabilities.supportsBERT ? .bert : .largest }

  /// Looks at the blocks of a request that no resource has seen yet: it may be answered afterwards, or have
  /// another payload, or be a part of a body.
  @inline(never)
  mutating func takeBlocks(of serving: inout Serving, at now: Instant) {
    if let block = serving.request.options.block2, block.size.isBERT, !announcesBERT {
      return serving.response.refuse(.badRequest("no BERT here"))
    }
    if let block = serving.request.options.block1 {
      guard block.allows(payloadByteCount: serving.request.payload.count),
        announcesBERT || !block.size.isBERT
      else { return serving.response.refuse(.badRequest("payload and block size differ")) }
      if let traits = serving.traits { take(block, traits.largestStreamedBody, of: &serving, at: now) }
    } else if let block = serving.request.options.block2, block.number > 0,
      serving.request.method != .get
    {
      repeatAnswer(&serving, at: now)
    }
    if serving.request.options.observe != nil, serving.response.state == .unanswered {
      prepareObservation(of: &serving)
    }
  }

  // MARK: Bodies of requests

  /// Whether there is a body that can begin anew.
  @inline(__always)
  var hasIncomingBody: Bool {
    for index in incoming.indices where incoming[index].state != .free { return true }
    return false
  }

  /// A body begins anew, in blocks or as a whole: what came of it before is given up (RFC 7959 section 2.5).
  @inline(never)
  mutating func restartBody(of message: Message) {
    giveUpBody(message.bodyKey)
  }

  @inline(never)
  private mutating func giveUpBody(_ key: UInt32) {
    if let index = incomingIndex(key) { giveUp(index) }
  }

  /// - Parameter streamed: how large the body may be that the resource takes part by part; zero when it does not.
  @inline(never)
  private mutating func take(
    _ block: Block, _ streamed: UInt32, of serving: inout Serving, at now: Instant
  ) {
    let isStreamed = streamed > 0
    let largest = isStreamed ? streamed : UInt32(assembly.count)
    let count = UInt32(truncatingIfNeeded: serving.request.payload.count)
    if block.number == 0 && !block.isMore {
      // A body of one block.
      serving.response.block1 = block
      guard isStreamed else { return }
      guard count <= largest else { return serving.response.refuse(tooLarge: largest) }
      return takePart(nil, offset: 0, isLast: true, of: &serving)
    }
    let key = serving.request.message.bodyKey
    if block.number == 0 {
      guard count <= largest, serving.request.options.size1 ?? 0 <= largest else {
        return serving.response.refuse(tooLarge: largest)
      }
      let format = serving.request.options.contentFormat
      guard begin(key, isStreamed, format, serving.request.options.hasIfNoneMatch) else {
        return serving.response.refuse(.serviceUnavailable("too many bodies under way"))
      }
    }
    guard let index = incomingIndex(key), incoming[index].next == block.offset,
      incoming[index].format == serving.request.options.contentFormat
    else {
      giveUpBody(key)
      return serving.response.refuse(Refusal(.requestEntityIncomplete, "not the next block"))
    }
    guard count <= largest &- min(block.offset, largest),
      isStreamed || assembly.store(serving.request.payload, at: block.offset)
    else {
      giveUp(index)
      return serving.response.refuse(tooLarge: largest)
    }
    serving.response.block1 = block
    incoming[index].next = block.offset &+ count
    incoming[index].timer = Timer(limits.bodyTimeout, from: now)
    bodyTimer = bodyTimer.earlier(incoming[index].timer)
    if isStreamed {
      return takePart(index, offset: block.offset, isLast: !block.isMore, of: &serving)
    }
    if block.isMore { return serving.response.begin(.continue) }
    incoming[index].state = .free
    unsafe serving.request.use(body: assembly.bytes(0, incoming[index].next))
    if incoming[index].hasIfNoneMatch { serving.request.options.hasIfNoneMatch = true }
  }

  /// - Returns: false when there is no entry or no memory for one more body.
  @inline(never)
  private mutating func begin(
    _ key: UInt32, _ isStreamed: Bool, _ format: ContentFormat?, _ hasIfNoneMatch: Bool
  ) -> Bool {
    var free: Int?
    for index in incoming.indices {
      if incoming[index].state == .assembled && !isStreamed { return false }
      if incoming[index].state == .free { free = index }
    }
    guard let free else { return false }
    var entry = IncomingBody()
    entry.key = key
    entry.format = format
    entry.number = takeTransferNumber()
    entry.hasIfNoneMatch = hasIfNoneMatch
    entry.state = isStreamed ? .streamed : .assembled
    incoming[free] = entry
    return true
  }

  /// The part for its resource. With the last one the body is over.
  private mutating func takePart(
    _ index: Int?, offset: UInt32, isLast: Bool, of serving: inout Serving
  ) {
    let number = index.map { incoming[$0].number } ?? takeTransferNumber()
    if let index, isLast { incoming[index].state = .free }
    serving.request.part = BodyPart(
      transfer: BodyTransfer(connection: identity, number: number), isLast: isLast, offset: offset,
      announcedByteCount: serving.request.options.size1)
  }

  private mutating func takeTransferNumber() -> UInt16 {
    defer { nextTransferNumber &+= 1 }
    return nextTransferNumber
  }

  private mutating func incomingIndex(_ key: UInt32) -> Int? {
    for index in incoming.indices {
      let state = incoming[index].state
      if incoming[index].key == key && (state == .assembled || state == .streamed) { return index }
    }
    return nil
  }

  /// The resource has refused a part: there is nothing to tell it of the rest.
  mutating func dropBody(_ transfer: BodyTransfer) {
    for index in incoming.indices
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
    for index in incoming.indices where incoming[index].state == .abandoned {
      incoming[index].state = .free
      return BodyTransfer(connection: identity, number: incoming[index].number)
    }
    return nil
  }

  private mutating func expireBodies(at now: Instant) {
    var next = Timer.off
    for index in incoming.indices {
      switch incoming[index].state {
      case .free, .abandoned: continue
      case .assembled, .streamed:
        let timer = incoming[index].timer
        if !isLive || timer.isDue(at: now) { giveUp(index) } else { next = next.earlier(timer) }
      }
    }
    if let answer = kept {
      if !isLive || answer.timer.isDue(at: now) { dropAnswer() } else { next = next.earlier(answer.timer) }
    }
    bodyTimer = next
  }

  // MARK: Bodies of answers

  /// Whether the connection has to keep the body of the answer.
  @inline(__always)
  func keeping(_ request: Request) -> Response.Keeping {
    guard request.method != .get, request.options.block2?.number ?? 0 == 0 else { return .needless }
    return request.method == .fetch ? .helpful : .needed
  }

  /// Keeps an answer of which the peer has got the first block.
  mutating func keep(_ response: inout Response, to message: Message, at now: Instant) {
    let timer = Timer(limits.bodyTimeout, from: now)
    kept = KeptAnswer(
      key: message.answerKey, code: response.code, format: response.format, eTag: response.eTag,
      byteCount: response.keptByteCount, timer: timer)
    bodyTimer = bodyTimer.earlier(timer)
  }

  @inline(never)
  mutating func dropAnswer() { kept = nil }

  /// Another block of an answer that was kept (RFC 7959 section 3.3).
  @inline(never)
  private mutating func repeatAnswer(_ serving: inout Serving, at now: Instant) {
    guard let answer = kept, answer.key == serving.request.message.answerKey else {
      // Asking the resource would do again what was done, unless that is nothing.
      if serving.request.method == .fetch { return }
      return serving.response.refuse(Refusal(.requestEntityIncomplete, "the answer is not kept"))
    }
    kept?.timer = Timer(limits.bodyTimeout, from: now)
    serving.response.eTag = answer.eTag
    serving.response.begin(answer.code)
    if let format = answer.format { serving.response.append(.contentFormat, format) }
    let part = serving.response.beginBody(of: answer.byteCount)
    serving.response.skip(to: part.lowerBound)
    serving.response.append(answerStore.bytes(part.lowerBound, part.upperBound))
    if part.upperBound == answer.byteCount { dropAnswer() }
  }
}

extension Response {
  /// 4.13 with the largest body that would be taken.
  fileprivate mutating func refuse(tooLarge largest: UInt32) {
    begin(.requestEntityTooLarge)
    // Zero: none that is larger than a message.
    if largest > 0 { append(.size1, uint: largest) }
  }
}
