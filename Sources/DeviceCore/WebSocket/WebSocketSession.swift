/// One end of a WebSocket that carries CoAP (RFC 8323 section 4): a state machine without a socket, a clock
/// and a random generator.
///
/// On its one side are the bytes of the transport, on the other one messages as they are on a stream, so that a
/// ``Connection`` speaks one framing only. A driver calls:
///
/// 1. ``accept(origins:largestMessage:)`` or ``dial(host:nonce:digest:largestMessage:)``, once;
/// 2. while ``isHandshaking``: write ``pendingOutput``, read at most ``handshakeMissing`` bytes and hand them to
///    ``receiveHandshake(_:digest:)``;
/// 3. to read: ``take(into:)`` until it gives nothing; then read ``readLimit`` bytes at most into a space behind
///    ``WebSocketInput/headroom`` free bytes, and ``translate(_:from:to:)`` them;
/// 4. to write: ``offer(_:mask:)`` with what is to be sent, and write ``pendingOutput``. Control frames come with
///    ``writeControl(mask:)``;
/// 5. ``finish()`` to close, and ``free()`` at the end.
@safe
public struct WebSocketSession: ~Copyable {
  let memory: WebSocketMemory
  /// Where it is in its life.
  public internal(set) var phase = Phase.free
  var role = WebSocketRole.server
  var handshake = Handshake.none
  var origins = WebSocketOrigins.none
  var input = WebSocketInput(.server, largestMessage: 0)
  var output = WebSocketOutput(.server)
  /// What was translated and had no place, see ``keep(_:from:to:)``.
  var kept = InlineArray<16, UInt8>(repeating: 0)
  var keptCount = 0
  var outputStart = 0
  var outputEnd = 0
  var closeCode = WebSocketCloseCode.normal
  /// Bytes of messages that are in the output and that nobody was told of yet.
  var offeredCount = 0

  /// Where a session is in its life.
  public enum Phase: Equatable, Sendable {
    case free
    /// The opening handshake.
    case handshaking
    /// The client is refused, and is being told so.
    case refusing(WebSocketFault)
    case open
    /// The Close frame waits for the end of a message, and for room.
    case finishing
    /// The Close frame is in the output.
    case finished
    /// There is no WebSocket.
    case failed(WebSocketFault)
  }

  /// Who reads the opening handshake.
  enum Handshake {
    case none
    case server(WebSocketRequest)
    case client(WebSocketResponse)
  }

  /// A session that is not in use.
  public init(memory: WebSocketMemory) {
    self.memory = memory
  }

  /// For the driver to note that the last read was cut by its space, and the transport may have more.
  public var mayHaveMore = false

  /// For the driver to note that the transport is open.
  public var isTransportOpen = false

  /// Starts as the server of a connection that was accepted.
  ///
  /// - Parameters:
  ///   - origins: of the pages that may connect.
  ///   - largestMessage: the Max-Message-Size that will be announced, in bytes, or what is skipped above it.
  public mutating func accept(origins: WebSocketOrigins, largestMessage: UInt32) {
    start(.server, largestMessage: largestMessage)
    handshake = .server(WebSocketRequest())
    self.origins = origins
  }

  /// Starts as the client of a connection that was dialled; its request is the first pending output.
  ///
  /// - Throws: see ``WebSocketHandshakeText/writeRequest(host:nonce:digest:to:)``.
  public mutating func dial<Digest: WebSocketDigest>(
    host: Span<UInt8>, nonce: InlineArray<16, UInt8>, digest: Digest.Type, largestMessage: UInt32
  ) throws(WebSocketFault) {
    var text = WebSocketHandshakeText()
    var space = outputSpace
    let response = try text.writeRequest(host: host, nonce: nonce, digest: digest, to: &space)
    start(.client, largestMessage: largestMessage)
    handshake = .client(response)
    outputEnd = text.count
  }

  private mutating func start(_ role: WebSocketRole, largestMessage: UInt32) {
    self.role = role
    phase = .handshaking
    input = WebSocketInput(role, largestMessage: largestMessage)
    output = WebSocketOutput(role)
    keptCount = 0
    outputStart = 0
    outputEnd = 0
    offeredCount = 0
    mayHaveMore = false
    isTransportOpen = false
  }

  /// Done with this connection.
  public mutating func free() {
    phase = .free
    handshake = .none
  }

  /// Which end this is.
  public var isClient: Bool { role == .client }

  /// Why the peer was refused, or what it did wrong.
  public var fault: WebSocketFault? {
    switch phase {
    case .refusing(let fault), .failed(let fault): fault
    default: input.fault
    }
  }

  /// No WebSocket any more: the peer need not be told.
  public mutating func fail(_ fault: WebSocketFault) {
    phase = .failed(fault)
  }

  // MARK: The opening handshake

  /// Whether it is not over.
  public var isHandshaking: Bool {
    switch phase {
    case .handshaking: true
    // The server's answer is part of it.
    case .open: role == .server && handshake.isAnswered && outputEnd > outputStart
    default: false
    }
  }

  /// How many bytes to read next at most; none when the output comes first.
  public var handshakeMissing: Int {
    switch handshake {
    case .none: 0
    case .server(let request): request.leastMissing
    // Nothing follows the request before it is answered (RFC 6455 section 4.1).
    case .client(let response): response.leastMissing
    }
  }

  /// Reads on. Afterwards the answer of a server may be pending output.
  public mutating func receiveHandshake<Digest: WebSocketDigest>(
    _ bytes: Span<UInt8>, digest: Digest.Type
  ) {
    guard phase == .handshaking else { return }
    var line = fragmentSpace
    do throws(WebSocketFault) {
      switch handshake {
      case .none: break
      case .client(var response):
        if try response.receive(bytes, line: &line) {
          phase = .open
          handshake = .none
        } else {
          handshake = .client(response)
        }
      case .server(var request):
        try request.receive(bytes, line: &line, origins: origins)
        handshake = .server(request)
        if request.isComplete { try answer(request, digest) }
      }
    } catch {
      role == .server ? refuse(error) : fail(error)
    }
  }

  private mutating func answer<Digest: WebSocketDigest>(
    _ request: WebSocketRequest, _ digest: Digest.Type
  ) throws(WebSocketFault) {
    var text = WebSocketHandshakeText()
    var space = outputSpace
    try text.writeResponse(to: request, digest: digest, to: &space)
    outputEnd = text.count
    phase = .open
  }

  private mutating func refuse(_ fault: WebSocketFault) {
    var text = WebSocketHandshakeText()
    var space = outputSpace
    text.writeRefusal(fault, to: &space)
    outputEnd = text.count
    phase = .refusing(fault)
    handshake = .none
  }

  // MARK: Memory

  // The two regions outlive the session and overlap nothing.

  var fragmentSpace: MutableSpan<UInt8> {
    @_lifetime(immortal)
    get {
      let span = unsafe MutableSpan(_unsafeElements: memory.fragments)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }

  var outputSpace: MutableSpan<UInt8> {
    @_lifetime(immortal)
    get {
      let span = unsafe MutableSpan(_unsafeElements: memory.output)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }
}

extension WebSocketSession.Handshake {
  /// Whether the request has come in whole.
  var isAnswered: Bool {
    if case .server(let request) = self { return request.isComplete }
    return false
  }
}
