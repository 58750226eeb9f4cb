import DeviceCore
import Port

/// CoAP over WebSockets (RFC 8323 section 4) over another stream: coap+ws, or coaps+ws over TLS.
///
/// A connection reads and writes messages as on any stream; one by one they travel in WebSocket frames. Set
/// ``DeviceCore/Limits/framingByteCount`` to 4, so that a message of just the announced size fits.
@safe
public struct WebSocketStream<Base: ByteStream, B: Board, Digest: WebSocketDigest>: ByteStream {
  private var base: Base
  private var board: B
  private let session: UnsafeMutablePointer<WebSocketSession>

  /// So many reads of the opening handshake in a turn.
  private static var handshakeReads: Int { 1024 }

  /// Waits for a client's opening handshake on a connection that was accepted.
  ///
  /// - Parameters:
  ///   - origins: of the web pages that may connect.
  ///   - limits: of the connection.
  /// - Returns: nil when `sessions` has no free one.
  public init?(
    accepting base: Base, sessions: WebSocketSessionPool, board: B, origins: WebSocketOrigins,
    limits: Limits, digest: Digest.Type
  ) {
    guard let session = unsafe sessions.take() else { return nil }
    self.base = base
    self.board = board
    unsafe self.session = session
    unsafe session.pointee.accept(origins: origins, largestMessage: limits.largestTaken)
  }

  /// Begins a client's opening handshake on a connection that was dialled.
  ///
  /// - Parameters:
  ///   - host: the server's name or its address as in a URI, with the port where that is not the scheme's own.
  ///   - limits: of the connection.
  /// - Returns: nil when `sessions` has no free one.
  /// - Throws: see ``DeviceCore/WebSocketHandshakeText/writeRequest(host:nonce:digest:to:)``.
  public init?(
    dialling base: Base, host: Span<UInt8>, sessions: WebSocketSessionPool, board: B, limits: Limits,
    digest: Digest.Type
  ) throws(WebSocketFault) {
    guard let session = unsafe sessions.take() else { return nil }
    self.base = base
    self.board = board
    unsafe self.session = session
    var nonce = InlineArray<16, UInt8>(repeating: 0)
    var space = nonce.mutableSpan
    guard self.board.fillRandom(&space) else { throw .lacksCryptography }
    try unsafe session.pointee.dial(
      host: host, nonce: nonce, digest: digest, largestMessage: limits.largestTaken)
  }

  public mutating func open() -> OpenResult {
    for _ in 0..<WebSocketStream.handshakeReads {
      switch unsafe session.pointee.phase {
      case .handshaking, .open: break
      case .refusing: return settle()
      default: return .failed
      }
      switch base.open() {
      case .open: unsafe session.pointee.isTransportOpen = true
      case let other: return other
      }
      switch flush() {
      case .done: break
      case .blocked: return .nothingYet
      case .failed:
        unsafe session.pointee.fail(.transportFailed)
        return .failed
      }
      if unsafe session.pointee.phase == .open { return .open }
      guard shakeHands() else { return .nothingYet }
    }
    return .busy
  }

  public mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    // Nobody else calls again for the sake of a control frame that could not be written at once.
    _ = sendControl()
    while true {
      if unsafe session.pointee.hasUntaken {
        return unsafe .bytes(session.pointee.take(into: &space))
      }
      if unsafe session.pointee.isDeaf { return readEnd() }
      let count: Int
      switch space.count > 2 * WebSocketInput.headroom ? readInPlace(&space) : readBeside(&space) {
      case .bytes(let translated): count = translated
      case let other: return other
      }
      if unsafe session.pointee.wantsControl { _ = sendControl() }
      if count > 0 { return .bytes(count) }
    }
  }

  public mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    var count = 0
    while true {
      switch flush() {
      case .done: break
      case .blocked: return count > 0 ? .bytes(count) : .nothingYet
      case .failed: return .failed
      }
      count += unsafe session.pointee.takeOffered()
      if count == bytes.count { return .bytes(count) }
      guard fill(bytes.extracting(droppingFirst: count)) else { return count > 0 ? .bytes(count) : .failed }
    }
  }

  public mutating func finishWriting() {
    unsafe session.pointee.finish()
    _ = sendControl()
  }

  public mutating func close() {
    unsafe session.pointee.finish(.goingAway)
    _ = sendControl()
    base.close()
    unsafe session.pointee.free()
  }

  public var isSecured: Bool { base.isSecured }

  public var hasUnreadInput: Bool {
    if unsafe session.pointee.hasUntaken || session.pointee.mayHaveMore { return true }
    return unsafe session.pointee.isDeaf && session.pointee.phase == .open || base.hasUnreadInput
  }

  // All that it waits for is the transport.
  public mutating func setWaker(_ waker: Waker) -> Bool { base.setWaker(waker) }

  public var failure: TLSFailure? {
    if let failure = base.failure { return failure }
    // What is to be said of one that was given up in its handshake, which it does not learn.
    if unsafe session.pointee.phase == .handshaking && session.pointee.isTransportOpen {
      return .webSocket(.handshakeUnfinished)
    }
    return unsafe session.pointee.fault.map { .webSocket($0) }
  }

  public var violation: StaticString? { unsafe session.pointee.violation }

  // MARK: The opening handshake

  /// - Returns: whether anything came.
  private mutating func shakeHands() -> Bool {
    // Never beyond its end: what follows are frames.
    var bytes = InlineArray<4, UInt8>(repeating: 0)
    let missing = unsafe session.pointee.handshakeMissing
    var all = bytes.mutableSpan
    var space = all._mutatingExtracting(0..<missing)
    switch base.read(into: &space) {
    case .bytes(let count):
      unsafe session.pointee.receiveHandshake(bytes.span.extracting(first: count), digest: Digest.self)
      return true
    case .nothingYet: return false
    case .end: unsafe session.pointee.fail(.closedInHandshake)
    case .failed: unsafe session.pointee.fail(.transportFailed)
    }
    return true
  }

  /// Tells the client why it is refused, as far as the transport takes it, and waits until it closes.
  private mutating func settle() -> OpenResult {
    switch flush() {
    case .done: break
    case .blocked: return .failing
    case .failed: return .failed
    }
    base.finishWriting()
    return discard() == .nothingYet ? .failing : .failed
  }

  // MARK: Reading

  /// Into the space itself, behind room for what an earlier read has begun.
  private mutating func readInPlace(_ space: inout MutableSpan<UInt8>) -> ReadResult {
    let start = WebSocketInput.headroom
    let limit = unsafe min(session.pointee.readLimit, space.count - start)
    var part = space._mutatingExtracting(start..<start + limit)
    let result = base.read(into: &part)
    guard case .bytes(let count) = result else {
      unsafe session.pointee.mayHaveMore = false
      return result
    }
    unsafe session.pointee.mayHaveMore = count == limit
    return unsafe .bytes(session.pointee.translate(&space, from: start, to: start + count))
  }

  /// Into another place, when the space is too small; what is too much for it is kept.
  private mutating func readBeside(_ space: inout MutableSpan<UInt8>) -> ReadResult {
    var bytes = InlineArray<16, UInt8>(repeating: 0)
    var all = bytes.mutableSpan
    let start = WebSocketInput.headroom
    let limit = unsafe min(session.pointee.readLimit, min(space.count, all.count - start))
    var part = all._mutatingExtracting(start..<start + limit)
    let result = base.read(into: &part)
    guard case .bytes(let count) = result else {
      unsafe session.pointee.mayHaveMore = false
      return result
    }
    unsafe session.pointee.mayHaveMore = count == limit
    let translated = unsafe session.pointee.translate(&all, from: start, to: start + count)
    let fitting = min(translated, space.count)
    for index in 0..<fitting { space[index] = all[index] }
    unsafe session.pointee.keep(all.span, from: fitting, to: translated)
    return .bytes(fitting)
  }

  /// What is said when nothing that comes is looked at any more.
  private mutating func readEnd() -> ReadResult {
    unsafe session.pointee.mayHaveMore = false
    let isClosed = unsafe session.pointee.isClosedByPeer
    // Once both have said Close, the server closes the transport first (RFC 6455 section 7.1.1).
    let isWaiting = unsafe session.pointee.isClient && session.pointee.phase == .finished
    return isClosed && !isWaiting ? .end : discard()
  }

  /// Reads and forgets, for unread input would make the transport take back what the peer was told.
  private mutating func discard() -> ReadResult {
    var bytes = InlineArray<256, UInt8>(repeating: 0)
    // A peer that floods gets no further turn.
    for _ in 0..<64 {
      var space = bytes.mutableSpan
      switch base.read(into: &space) {
      case .bytes: continue
      case let other: return other
      }
    }
    return .nothingYet
  }

  // MARK: Writing

  private enum Flushed { case done, blocked, failed }

  /// Writes what is in the output.
  private mutating func flush() -> Flushed {
    while true {
      let output = unsafe session.pointee.pendingOutput
      guard output.count > 0 else { return .done }
      switch base.write(output) {
      case .bytes(let count): unsafe session.pointee.didSend(count)
      case .nothingYet: return .blocked
      case .failed: return .failed
      }
    }
  }

  /// Writes the control frame that is due.
  private mutating func sendControl() -> Flushed {
    if unsafe session.pointee.wantsControl, let mask = makeMask() {
      unsafe session.pointee.writeControl(mask: mask)
      // There was no room behind what is waiting.
      if unsafe session.pointee.wantsControl, flush() == .done {
        unsafe session.pointee.writeControl(mask: mask)
      }
    }
    return flush()
  }

  /// Fills the output with frames.
  ///
  /// - Returns: false when the stream takes nothing any more.
  private mutating func fill(_ bytes: Span<UInt8>) -> Bool {
    var isFilled = false
    while let mask = makeMask() {
      if unsafe session.pointee.wantsControl {
        unsafe session.pointee.writeControl(mask: mask)
        isFilled = true
        if unsafe !session.pointee.wantsControl { continue }
      }
      guard unsafe session.pointee.offer(bytes, mask: mask) else { return isFilled }
      isFilled = true
    }
    unsafe session.pointee.fail(.lacksCryptography)
    return false
  }

  /// 32 random bits for the next frame; a server needs none.
  private mutating func makeMask() -> UInt32? {
    unsafe session.pointee.isClient ? board.random() : 0
  }
}

extension Limits {
  /// Larger messages end a WebSocket; what the connection skips comes through.
  fileprivate var largestTaken: UInt32 { max(maximumMessageByteCount, drainByteCount) }
}
