import DeviceCore
import Port

/// TLS 1.2 over another stream (RFC 8323 section 8.2: coaps+tcp).
@safe
public struct TLSStream<Base: ByteStream>: ByteStream {
  private var base: Base
  private let session: TLSSessionHandle

  /// Begins a server's handshake on a connection that was accepted.
  ///
  /// - Parameter requiresApplicationProtocol: whether clients have to offer `coap` by ALPN; they have to on
  ///   every port but 5684 (RFC 8323 section 8.2).
  /// - Returns: nil when `sessions` has no free one.
  public init?(
    accepting base: Base, context: TLSContext, sessions: TLSSessionPool,
    requiresApplicationProtocol: Bool
  ) {
    guard let session = sessions.take() else { return nil }
    self.base = base
    self.session = session
    let none = InlineArray<0, UInt8>(repeating: 0)
    session.start(
      context, server: none.span, saved: none.span,
      requiresApplicationProtocol: requiresApplicationProtocol)
  }

  /// Begins a client's handshake on a connection that was dialled.
  ///
  /// - Parameters:
  ///   - server: the name, which is sent and checked, or the numeric address without brackets, which is
  ///     checked only. Empty where there are no certificates: none is accepted for it.
  ///   - saved: what ``saveSession(into:)`` of an earlier connection to the same server gave; empty for none.
  ///   - requiresApplicationProtocol: whether the server has to answer ALPN; it has to on every port but
  ///     5684 (RFC 8323 section 8.2).
  /// - Returns: nil when `sessions` has no free one.
  public init?(
    dialling base: Base, server: Span<UInt8>, context: TLSContext, sessions: TLSSessionPool,
    board: inout some Board, saved: Span<UInt8>, requiresApplicationProtocol: Bool
  ) {
    guard let session = sessions.take() else { return nil }
    self.base = base
    self.session = session
    context.refresh(from: &board)
    session.start(
      context, server: server, saved: saved, requiresApplicationProtocol: requiresApplicationProtocol)
  }

  public mutating func open() -> OpenResult {
    while true {
      switch session.phase {
      case .handshaking:
        switch base.open() {
        case .open: break
        case .failed: session.fail(.local(.transportFailed))
        case let other: return other
        }
      case .failing, .draining: return settle()
      case .failed, .free: return .failed
      default: return .open
      }
      switch session.shakeHands() {
      case .busy: return .busy
      case .wantsInput: guard fill() else { return .nothingYet }
      case .wantsOutput: guard drain() else { return .nothingYet }
      // The peer says goodbye instead of shaking hands.
      case .end: session.fail(.local(.closedInHandshake))
      default: break
      }
    }
  }

  public mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    // Nobody else calls again for the sake of a close_notify that could not be written at once.
    if case .finishing = session.phase { finishWriting() }
    while true {
      switch session.read(into: &space) {
      case .bytes(let count): return .bytes(count)
      case .again: continue
      case .wantsInput: guard fill() else { return .nothingYet }
      case .wantsOutput: guard drain() else { return .nothingYet }
      case .end: return .end
      default: return breakDown()
      }
    }
  }

  public mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    // All records that there are, for what is left over is taken as a sign that the transport is full.
    var count = 0
    while count < bytes.count {
      switch session.write(bytes.extracting(droppingFirst: count)) {
      case .bytes(let more): count += more
      case .wantsOutput: guard drain() else { return count > 0 ? .bytes(count) : .nothingYet }
      default:
        _ = breakDown()
        return .failed
      }
    }
    return .bytes(count)
  }

  public mutating func finishWriting() {
    while true {
      switch session.finish() {
      case .wantsOutput: guard drain() else { return }
      case .done: return base.finishWriting()
      default: return
      }
    }
  }

  public mutating func close() {
    // Whoever closes says so, also when the peer was first (RFC 5246 section 7.2.1).
    switch session.phase {
    case .open, .finishing: finishWriting()
    default: break
    }
    base.close()
    session.free()
  }

  public var isSecured: Bool { true }
  public var hasUnreadInput: Bool { session.hasUnreadInput || base.hasUnreadInput }
  // All that it waits for is the transport.
  public mutating func setWaker(_ waker: Waker) -> Bool { base.setWaker(waker) }
  public var failure: TLSFailure? { session.failure }

  /// The number of the cipher suite (IANA's registry), 0 before there is one.
  public var cipherSuite: UInt16 { session.cipherSuite }
  /// Whether the handshake was an abbreviated one.
  public var isResumed: Bool { session.isResumed }
  /// Whether both ends agreed on `coap` by ALPN.
  public var hasApplicationProtocol: Bool { session.hasApplicationProtocol }

  /// Writes what a later connection to the same server needs to resume the session. It contains keys.
  ///
  /// - Returns: how many bytes, at most a few kilobytes with certificates; nil when there is nothing to
  ///   resume, or too little space, or it was asked for before.
  public func saveSession(into space: inout MutableSpan<UInt8>) -> Int? {
    session.save(into: &space)
  }

  // MARK: Inside

  /// - Returns: whether there is something new for the session.
  private mutating func fill() -> Bool {
    var space = session.space()
    switch base.read(into: &space) {
    case .bytes(let count): session.didReceive(count)
    case .nothingYet: return false
    case .end: session.inputEnded()
    case .failed: session.fail(.local(.transportFailed))
    }
    return true
  }

  /// - Returns: whether some of the session's output was taken.
  private mutating func drain() -> Bool {
    switch base.write(session.output()) {
    case .bytes(let count): session.didSend(count)
    case .nothingYet: return false
    case .failed: session.fail(.local(.transportFailed))
    }
    return true
  }

  /// Tells the peer why, as far as the transport takes it, and waits until it closes.
  private mutating func settle() -> OpenResult {
    while case .failing = session.phase {
      switch session.flushAlert() {
      case .wantsOutput: guard drain() else { return .failing }
      case .done: base.finishWriting()
      default: break
      }
    }
    return discardInput() ? .failing : .failed
  }

  /// Reads and forgets, for unread input would make the transport take back what the peer was told.
  ///
  /// - Returns: whether the peer may still be reading.
  private mutating func discardInput() -> Bool {
    guard case .draining = session.phase else { return false }
    var bytes = InlineArray<256, UInt8>(repeating: 0)
    // A peer that floods gets no further turn.
    for _ in 0..<64 {
      var space = bytes.mutableSpan
      switch base.read(into: &space) {
      case .bytes: continue
      case .nothingYet: return true
      case .end, .failed:
        session.endDraining()
        return false
      }
    }
    return true
  }

  private mutating func breakDown() -> ReadResult {
    _ = settle()
    return .failed
  }
}
