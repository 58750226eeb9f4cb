import DeviceCore

/// Who is told what happens on an endpoint and may act on it.
public protocol EndpointDelegate: ~Copyable {
  /// Called for every event. To answer a request call ``DeviceCore/Connection/serve(_:at:)``.
  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant)
}

/// A connection joined to its stream.
public struct Endpoint<Stream: ByteStream>: ~Copyable {
  /// The CoAP side.
  public var connection: Connection
  /// The transport side.
  public private(set) var stream: Stream
  /// Why TLS or a WebSocket broke, when one did.
  public private(set) var failure: TLSFailure?

  /// More rounds than this would keep other endpoints waiting.
  private static var roundsPerPump: Int { 4 }

  /// Joins a new connection to the stream that was opened for it.
  public init(connection: consuming Connection, stream: Stream) {
    self.connection = connection
    self.stream = stream
  }

  /// What a pump left behind.
  public enum Progress: Equatable, Sendable {
    /// There may be more to do at once.
    case busy
    /// Nothing to do until something comes or this moment; nil for never.
    case waiting(until: Instant?)
    /// All events were told and the stream is closed.
    case over
  }

  /// Moves bytes and events as far as they go now, without blocking: one read and one write where that
  /// is enough.
  @inline(never)
  public mutating func pump<Delegate: EndpointDelegate & ~Copyable>(
    _ delegate: inout Delegate, at now: Instant
  ) -> Progress {
    for _ in 0..<Endpoint.roundsPerPump {
      let wasFull = !connection.wantsInput
      let hasMore = read(at: now)
      tellEvents(&delegate, at: now)
      let hasRoom = write(at: now)
      act(&delegate, at: now)
      if connection.isOver { return .over }
      // Nothing announces again what could not be read for want of space, if there is space now. Room that
      // has become free lets a request in that waited for it.
      let hasSpace = wasFull && connection.wantsInput
      if !hasMore && !hasRoom && !hasSpace { return .waiting(until: connection.deadline) }
    }
    return .busy
  }

  @inline(never)
  private mutating func tellEvents<Delegate: EndpointDelegate & ~Copyable>(
    _ delegate: inout Delegate, at now: Instant
  ) {
    while let event = connection.poll(at: now) {
      delegate.handle(event, on: &connection, at: now)
    }
  }

  /// - Returns: whether there is or may be more.
  private mutating func read(at now: Instant) -> Bool {
    guard connection.wantsInput else { return false }
    var capacity = 0
    switch fillSpace(&capacity) {
    case .bytes(let count):
      connection.didReceive(count, at: now)
      return count == capacity || stream.hasUnreadInput
    case .nothingYet: abortIfViolated(at: now)
    case .end: connection.receiveEnd(at: now)
    case .failed: breakDown()
    }
    return false
  }

  /// Not before what came earlier is processed.
  private mutating func abortIfViolated(at now: Instant) {
    guard let text = stream.violation, !connection.hasUnprocessedInput else { return }
    failure = stream.failure
    connection.abort(text, at: now)
  }

  private mutating func fillSpace(_ capacity: inout Int) -> ReadResult {
    // A copy of the handle: the space keeps the endpoint itself busy.
    var stream = self.stream
    var space = connection.space
    capacity = space.count
    return stream.read(into: &space)
  }

  /// - Returns: whether all was taken and input waits for the room that this made.
  private mutating func write(at now: Instant) -> Bool {
    let pending = connection.pendingOutput.count
    guard pending > 0 else { return false }
    switch drainOutput() {
    case .bytes(let count):
      connection.didSend(count, at: now)
      return count == pending && connection.hasUnprocessedInput
    case .nothingYet: break
    case .failed: breakDown()
    }
    return false
  }

  private mutating func breakDown() {
    failure = stream.failure
    connection.transportFailed()
  }

  // Mutating, because what is not would be handed a copy of the endpoint when it is called.
  private mutating func drainOutput() -> WriteResult {
    var stream = self.stream
    return stream.write(connection.pendingOutput)
  }

  private mutating func act<Delegate: EndpointDelegate & ~Copyable>(
    _ delegate: inout Delegate, at now: Instant
  ) {
    if connection.transportAction == .finishWriting {
      stream.finishWriting()
      connection.didFinishWriting(at: now)
    }
    if connection.transportAction == .close {
      tellEvents(&delegate, at: now)
      stream.close()
    }
  }
}
