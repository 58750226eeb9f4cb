import DeviceCore

/// A client that moves one body of the pattern to or from a resource, block by block, and checks all that comes.
struct BodyClient {
  let path: StaticString
  var upload: BodyUpload?
  var download: BodyDownload?
  /// Of the body that is sent, or that is expected.
  var version: UInt32
  var method: Code
  private(set) var request: RequestID?
  private(set) var isDone = false
  /// Responses that brought or acknowledged a part.
  private(set) var partCount = 0
  private(set) var restartCount = 0
  private(set) var receivedByteCount: UInt32 = 0
  /// FNV-1a of the bytes that came.
  private(set) var checksum: UInt32 = 0x811c_9dc5
  private(set) var isIntact = true
  private(set) var refusal: Code?
  private(set) var fault: TransferError?
  private(set) var commandError: CommandError?
  private(set) var failure: RequestFailure?
  /// The large answer to a body that was sent, from its second block on, and what its first one had.
  private(set) var answer: BodyDownload?
  private(set) var firstPartByteCount: UInt32 = 0
  /// The largest payload that came.
  private(set) var largestPart = 0

  init(upload: BodyUpload, to path: StaticString, version: UInt32 = 0, method: Code = .put) {
    self.upload = upload
    self.path = path
    self.version = version
    self.method = method
  }

  init(
    download: BodyDownload, from path: StaticString, version: UInt32 = 0, method: Code = .get,
    received: UInt32 = 0
  ) {
    receivedByteCount = received
    self.download = download
    self.path = path
    self.version = version
    self.method = method
  }

  /// Whether nothing more will happen.
  var isOver: Bool {
    isDone || refusal != nil || fault != nil || commandError != nil || failure != nil
  }

  /// Sends the next request, unless one is under way or there is no room.
  @inline(never)
  mutating func advance(_ end: inout TestEnd) {
    guard request == nil, !isOver else { return }
    do throws(CommandError) {
      if var next = upload {
        let (path, version) = (path, version)
        request = try end.connection.request(method, at: end.now) { writer throws(WriteError) in
          try writer.append(path: path)
          let part = try next.appendBlock(to: &writer)
          try writer.append(pattern: part, version)
        }
        upload = next
      } else if let next = download {
        let path = path
        request = try end.connection.request(method, at: end.now) { writer throws(WriteError) in
          try writer.append(path: path)
          try next.appendBlock(to: &writer)
          try next.appendSizeQuestion(to: &writer)
        }
      }
    } catch {
      if error != .noRoom { commandError = error }
    }
  }

  /// Takes note of an event.
  ///
  /// - Returns: false when it does not belong to the transfer.
  @inline(never)
  mutating func note(_ event: Event, on connection: borrowing Connection) -> Bool {
    switch event {
    case .response(request):
      request = nil
      if let message = connection.message { receive(message) }
      return true
    case .requestFailed(let failed, let failure):
      guard failed == request else { return false }
      request = nil
      self.failure = failure
      return true
    default: return false
    }
  }

  @inline(never)
  mutating func receive(_ message: Message) {
    do throws(TransferError) {
      if upload != nil { try acknowledge(message) } else { try take(message) }
    } catch {
      guard error == .changed, restartCount < 5 else { return fault = error }
      restart()
      download?.restart()
    }
  }

  private mutating func acknowledge(_ message: Message) throws(TransferError) {
    switch try upload!.receive(message) {
    case .next: partCount += 1
    case .restart: restartCount += 1
    case .done:
      isDone = true
      var answer = BodyDownload()
      if try answer.receive(message) == .part {
        self.answer = answer
        firstPartByteCount = UInt32(message.payload.count)
      }
    case .refused: refusal = message.code
    }
  }

  private mutating func take(_ message: Message) throws(TransferError) {
    let offset = download!.offset
    let step = try download!.receive(message)
    if step == .refused { return refusal = message.code }
    partCount += 1
    if offset != receivedByteCount || !isPattern(message.payload, at: offset, version) { isIntact = false }
    let payload = message.payload
    for index in payload.indices { checksum = (checksum ^ UInt32(payload[index])) &* 0x0100_0193 }
    receivedByteCount += UInt32(payload.count)
    largestPart = max(largestPart, payload.count)
    if step == .last { isDone = true }
  }

  private mutating func restart() {
    restartCount += 1
    receivedByteCount = 0
    checksum = 0x811c_9dc5
    isIntact = true
    version += 1
  }
}

/// FNV-1a of the first bytes of the pattern.
@inline(never)
func patternChecksum(_ byteCount: UInt32, _ version: UInt32) -> UInt32 {
  var sum: UInt32 = 0x811c_9dc5
  for index in 0..<byteCount { sum = (sum ^ UInt32(patternByte(index, version))) &* 0x0100_0193 }
  return sum
}

extension Pair {
  /// A step in which the client moves a body and the server has resources.
  ///
  /// - Returns: whether anything moved.
  @inline(never)
  mutating func step<Table: ResourceTable & ~Copyable>(
    _ body: inout BodyClient, serving resources: inout Resources<Table>
  ) -> Bool {
    poll(&body)
    body.advance(&client)
    server.pollAll(serving: &resources)
    server.connection.serveDeferred(&resources, at: server.now)
    server.connection.serveObservers(&resources, at: server.now)
    return move()
  }

  private mutating func poll(_ body: inout BodyClient) {
    while let event = client.connection.poll(at: client.now) {
      if body.note(event, on: client.connection) { continue }
      client.tally.note(event, on: client.connection)
    }
  }

  /// Steps until the body has come to its end.
  ///
  /// - Returns: false when it does not.
  @inline(never)
  mutating func run<Table: ResourceTable & ~Copyable>(
    _ body: inout BodyClient, serving resources: inout Resources<Table>
  ) -> Bool {
    var idleSteps = 0
    for _ in 0..<400_000 {
      idleSteps = step(&body, serving: &resources) ? 0 : idleSteps + 1
      if body.isOver { return true }
      if idleSteps == 8 { return false }
    }
    return false
  }
}
