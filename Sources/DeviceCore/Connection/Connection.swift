/// One CoAP connection over a reliable stream (RFC 8323): a state machine without a socket and a clock.
///
/// Both ends may ask and answer, whoever opened the connection. A driver calls, in this order and again
/// whenever bytes or time have come:
///
/// 1. inputs: read into ``space`` and say ``didReceive(_:at:)`` (or ``receive(_:at:)``),
///    ``receiveEnd(at:)`` when the peer has closed its side;
/// 2. ``poll(at:)`` until it returns nil, also when nothing came but ``deadline`` is reached, with commands
///    (``serve(_:at:)``, ``request(_:timeout:at:_:)``, ...) in answer to its events;
/// 3. outputs: write ``pendingOutput`` and say ``didSend(_:at:)``; then do what ``transportAction`` says.
///
/// Nothing is dropped: when the transmit buffer has no room for an answer, `poll` returns nil with the
/// request still in the receive buffer, which fills up and makes TCP slow the peer down.
public struct Connection: ~Copyable {
  /// Who opened the transport connection. Only that end may send requests before the peer's CSM.
  public enum Role: Sendable { case initiator, acceptor }

  /// Where a connection is in its life.
  ///
  /// Why it ends, ``end``, is beside it: the reason stays the same from phase to phase, and a phase is a byte.
  enum Phase: UInt8 {
    /// Our CSM is on its way; the peer's has not come.
    case awaitingCapabilities
    case open
    /// Release was asked for, and our own requests are still under way: none is added, Release comes last.
    case winding
    /// Our Release is out; the peer is to close.
    case releasing
    /// The peer asks nothing more: what is owed is answered, then we close.
    case finishing
    /// Pending output goes out, then our side is closed.
    case closing
    /// Our side is closed; the peer's end of stream is awaited so that it can read our last bytes.
    case lingering
    case closed
    /// Closed, and the application knows.
    case over
  }

  /// What becomes of bytes from the peer.
  enum Input: Equatable {
    case messages
    /// The rest of a message that is too large, in bytes.
    case skipping(UInt32)
    /// The peer has closed its side; what was received before is still processed.
    case ended
    /// Nothing that comes is looked at any more.
    case discarded
  }

  /// The message at the front of the receive buffer that the last event spoke of.
  enum Current {
    case none
    case request(MessageLayout)
    case seen(MessageLayout)

    var layout: MessageLayout? {
      switch self {
      case .none: nil
      case .request(let layout), .seen(let layout): layout
      }
    }
  }

  // What starts as zero stands together, for one fill instead of many stores, and in front, where one word of code
  // reaches it; limits, which are looked at least often, come last.

  var phase = Phase.awaitingCapabilities
  var phaseTimer = Timer.off
  var messageTimer = Timer.off
  var pingTimer = Timer.off
  var stallTimer = Timer.off
  /// Not later than the first own request that runs out of time.
  var requestTimer = Timer.off
  /// Not later than the first body that is given up.
  var bodyTimer = Timer.off
  /// Own requests under way.
  public internal(set) var requestCount = 0
  /// Requests of the peer that were deferred and not answered yet.
  public internal(set) var deferredCount = 0
  /// Observations of the peer.
  public internal(set) var observerCount = 0
  var notificationNumber: UInt32 = 0
  /// The observer that waits for room, if one does.
  var nextObserver = 0
  var nextTransferNumber: UInt16 = 0
  var nextDeferredNumber: UInt16 = 0
  /// What our Release says, from `winding` on.
  var holdOffSeconds: UInt16 = 0

  let role: Role
  let identity: UInt32
  var nextToken: UInt32
  /// When the last byte came in.
  var lastReceived: Instant
  /// When the last byte came in or the last Ping went out, whichever was later.
  var quietSince: Instant
  /// What the peer said in its CSMs so far.
  public internal(set) var peerCapabilities = Capabilities()
  /// Why the connection ends, as soon as that is known: from `finishing` on.
  var end = ConnectionEnd.transportFailed
  var input = Input.messages
  var current = Current.none
  /// An answer of which the peer has not got all blocks.
  var kept: KeptAnswer?
  /// Our Ping that has not been answered, and whether anything came since.
  var pingToken: UInt32?
  /// A Ping of the peer whose Pong waits for the deferred requests that came before it.
  var custodyPing: CustodyPing?
  var receiveBuffer: ReceiveBuffer
  var transmitBuffer: TransmitBuffer
  let requests: EntryTable<PendingRequest>
  let deferred: EntryTable<DeferredEntry>
  let incoming: EntryTable<IncomingBody>
  let assembly: ByteRegion
  let answerStore: ByteRegion
  let observers: EntryTable<Observer>
  let observerRequests: ByteRegion
  /// What this connection allows and how long it waits.
  public let limits: Limits

  /// Starts a connection whose transport has just been opened; our CSM is the first pending output.
  ///
  /// - Parameters:
  ///   - identity: what ``DeferredRequest/connection`` will say; give every connection another one.
  ///   - firstToken: tokens count up from here. Over TLS use 0 (RFC 9175 section 4.2), else random bits
  ///     (RFC 7252 section 5.3.1).
  /// - Precondition: the receive buffer holds one message of the announced size; the longest token is one
  ///   of 8 to 65804 bytes (RFC 8974 section 2.2.1).
  @inline(never)
  public init(
    role: Role, memory: ConnectionMemory, limits: Limits = Limits(), identity: UInt32 = 0,
    firstToken: UInt32, at now: Instant
  ) {
    unsafe precondition(UInt32(memory.receive.count) >= limits.largestByteCount)
    precondition(
      limits.maximumTokenByteCount >= 8
        && limits.maximumTokenByteCount <= Capabilities.longestToken)
    self.role = role
    self.identity = identity
    self.limits = limits
    unsafe receiveBuffer = ReceiveBuffer(memory.receive)
    unsafe transmitBuffer = TransmitBuffer(memory.transmit)
    unsafe requests = EntryTable(memory.requests)
    unsafe deferred = EntryTable(memory.deferred)
    unsafe incoming = EntryTable(memory.bodies.incoming)
    unsafe assembly = ByteRegion(memory.bodies.assembly)
    unsafe answerStore = ByteRegion(memory.bodies.answer)
    unsafe observers = EntryTable(memory.observers.entries)
    unsafe observerRequests = ByteRegion(memory.observers.requests)
    nextToken = firstToken
    lastReceived = now
    quietSince = now
    for index in requests.indices { requests[index].state = .free }
    for index in deferred.indices { deferred[index].isUsed = false }
    for index in incoming.indices { incoming[index].state = .free }
    removeObservers()
    let isPatient = limits.legacyPeerWait.rawValue != 0
    phaseTimer = Timer(isPatient ? limits.legacyPeerWait : limits.capabilitiesTimeout, from: now)
    sendCapabilities(at: now)
  }

  // MARK: Getters

  /// Whether the peer's CSM has come (or was given up on) and the connection is not ending.
  @inline(__always)
  public var isOpen: Bool { phase == .open }

  @inline(__always)
  var isAwaitingCapabilities: Bool { phase == .awaitingCapabilities }

  /// Whether the last event has been told.
  @inline(__always)
  public var isOver: Bool { phase == .over }

  /// The message that the last event spoke of, until the next `poll` or input.
  public var message: Message? {
    @inline(__always)
    @_lifetime(borrow self)
    get {
      guard let layout = current.layout else { return nil }
      let message = Message(receiveBuffer.first(layout.byteCount), layout: layout)
      return unsafe _overrideLifetime(message, borrowing: self)
    }
  }

  // MARK: Outputs

  /// Bytes to write to the transport, in as few calls as it takes them.
  public var pendingOutput: Span<UInt8> {
    @inline(__always)
    @_lifetime(borrow self)
    get {
      let bytes = transmitBuffer.bytes
      return unsafe _overrideLifetime(bytes, borrowing: self)
    }
  }

  /// The transport took the first `count` bytes of ``pendingOutput``.
  public mutating func didSend(_ count: Int, at now: Instant) {
    guard count > 0 else { return }
    transmitBuffer.didSend(count)
    stallTimer = transmitBuffer.isEmpty ? .off : Timer(limits.stallTimeout, from: now)
  }

  /// What the driver does with the transport once output was written.
  public enum TransportAction: Equatable, Sendable {
    case keepOpen
    /// Close the writing side (half-close), then say ``Connection/didFinishWriting(at:)``.
    case finishWriting
    case close
  }

  /// What is due now.
  @inline(__always)
  public var transportAction: TransportAction {
    switch phase {
    case .closing: transmitBuffer.isEmpty ? .finishWriting : .keepOpen
    case .closed, .over: .close
    default: .keepOpen
    }
  }
}

/// The Ping with Custody that is waiting, and the number of the first deferred request behind it.
struct CustodyPing {
  let token: Token
  let barrier: UInt16
}
