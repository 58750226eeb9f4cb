import BrowserSupport
import DeviceCore

/// The one connection of this module, with all that belongs to it; a page that wants more has more instances.
struct Page: ~Copyable {
  var connection: Connection
  var resources: Resources<PageTable>
  var exchanges = InlineArray<16, Exchange>(repeating: Exchange())

  init(memory: ConnectionMemory, firstToken: UInt32, at now: Instant) {
    var limits = Limits()
    limits.maximumMessageByteCount = UInt32(BROWSER_LARGEST_MESSAGE)
    // In front of a message of this size stand Len and its extension, see WebSocketMessage.
    limits.framingByteCount = 4
    // The browser closes the WebSocket itself, and waits for the peer.
    limits.lingerTimeout = .seconds(5)
    connection = Connection(
      role: .initiator, memory: memory, limits: limits, firstToken: firstToken, at: now)
    // With a return it is no list of resources, but the table itself.
    resources = Resources { return PageTable() }
  }

  /// The next event for JavaScript; requests of the peer are answered on the way.
  mutating func poll(at now: Instant) -> PageEvent {
    connection.serveDeferred(&resources, at: now)
    while let event = connection.poll(at: now) {
      if event == .request {
        connection.serve(&resources, at: now)
        continue
      }
      return describe(event)
    }
    connection.serveObservers(&resources, at: now)
    return .none
  }

  private mutating func describe(_ event: Event) -> PageEvent {
    describeMessage()
    switch event {
    case .capabilities, .capabilitiesAssumed:
      let peer = connection.peerCapabilities
      EventWords.set(.first, peer.maximumMessageByteCount)
      EventWords.set(.second, (peer.supportsBlockWiseTransfer ? 1 : 0) | (peer.supportsBERT ? 2 : 0))
      EventWords.set(.third, peer.maximumTokenByteCount)
      return .capabilities
    case .request: return .none
    case .response(let request): return answer(request, .response)
    case .notification(let request): return answer(request, .notification)
    case .requestFailed(let request, let failure):
      guard let index = index(of: request) else { return .other }
      exchanges[index].request = nil
      EventWords.set(.slot, UInt32(index))
      EventWords.set(.first, failure.number)
      return .failed
    case .pong(let custody):
      EventWords.set(.first, custody ? 1 : 0)
      return .pong
    case .release(let holdOff):
      EventWords.set(.first, holdOff ?? 0)
      return .release
    case .aborted: return .aborted
    case .closed(let end):
      EventWords.set(.first, end.number)
      if case .aborted(let fault) = end {
        EventWords.setText(fault.text)
        EventWords.set(.second, UInt32(fault.number ?? 0))
      }
      return .closed
    }
  }

  /// A message that belongs to a request of ours.
  private mutating func answer(_ request: RequestID, _ event: PageEvent) -> PageEvent {
    guard let index = index(of: request) else { return .other }
    EventWords.set(.slot, UInt32(index))
    Page.take(event, for: &exchanges[index], on: &connection)
    return event
  }

  private static func take(
    _ event: PageEvent, for exchange: inout Exchange, on connection: inout Connection
  ) {
    guard let message = connection.message else { return }
    if event == .notification { exchange.download.restart() }
    // The first byte of this part.
    EventWords.set(.first, exchange.offset)
    EventWords.set(.second, exchange.receive(message).rawValue)
    EventWords.set(.third, exchange.download.byteCount ?? .max)
    // From where an upload goes on.
    EventWords.set(.fourth, exchange.upload.offset)
    if event == .response { exchange.request = nil }
  }

  /// Code, payload and the whole message of the event.
  private mutating func describeMessage() {
    guard let message = connection.message else { return EventWords.clearMessage() }
    EventWords.set(.code, UInt32(message.code.rawValue))
    EventWords.set(.format, message.uint(of: .contentFormat).map { $0 + 1 } ?? 0)
    EventWords.set(.observe, message.uint(of: .observe) ?? 0)
    EventWords.set(.maxAge, message.maxAgeSeconds)
    EventWords.setPayload(message.payload)
  }

  // Mutating, because what is not would be handed a copy of all exchanges.
  private mutating func index(of request: RequestID) -> Int? {
    for index in exchanges.indices where exchanges[index].request == request { return index }
    return nil
  }

  /// Sends a request, or the next one of a transfer.
  mutating func request(
    _ index: Int, _ kind: Exchange.Kind, _ method: Code, options: Span<UInt8>, bodyByteCount: UInt32,
    chunk: Span<UInt8>, at now: Instant
  ) throws(CommandError) {
    switch kind {
    case .download, .observe, .upload:
      exchanges[index] = Exchange()
      guard kind == .upload else { break }
      exchanges[index].isUpload = true
      exchanges[index].upload = BodyUpload(
        byteCount: bodyByteCount, largest: connection.largestBlock, tag: UInt32(index))
    case .observeAgain, .forget: exchanges[index].download.restart()
    case .nextDownload, .nextUpload: break
    }
    try Page.send(&exchanges[index], kind, method, options, chunk, on: &connection, at: now)
  }

  private static func send(
    _ exchange: inout Exchange, _ kind: Exchange.Kind, _ method: Code, _ options: Span<UInt8>,
    _ chunk: Span<UInt8>, on connection: inout Connection, at now: Instant
  ) throws(CommandError) {
    let isObserving = kind == .observe || kind == .observeAgain
    let reusing = kind == .observeAgain || kind == .forget ? exchange.request : nil
    exchange.request = try connection.request(
      method, isObserving: isObserving, reusing: reusing, at: now
    ) { writer throws(WriteError) in
      try exchange.write(options, kind, chunk, to: &writer)
    }
  }

  mutating func cancel(_ index: Int) {
    guard let request = exchanges[index].request else { return }
    connection.cancel(request)
    exchanges[index].request = nil
  }
}
