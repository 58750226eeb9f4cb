import DeviceCore

/// Brings the entries of a queue to the server, a few at a time, each until its response has come.
struct TelemetrySender: ~Copyable {
  var queue: TelemetryQueue
  /// The server wants no telemetry before this moment (4.29 or 5.03).
  private(set) var delay: Instant?
  private var underWay = InlineArray<4, Carriage?>(repeating: nil)

  /// Which request carries which entry.
  private struct Carriage {
    let request: RequestID
    let number: UInt32
  }

  init(_ queue: consuming TelemetryQueue) {
    self.queue = queue
  }

  /// Sends what can be sent now.
  ///
  /// - Returns: whether that was anything.
  mutating func send<Delegate: SupervisorDelegate & ~Copyable>(
    on connection: inout Connection, _ delegate: inout Delegate, window: Int, at now: Instant
  ) -> Bool {
    if let delay {
      guard delay.isReached(at: now) else { return false }
      self.delay = nil
    }
    var hasSent = false
    while let place = freePlace(window), let number = queue.firstWaiting {
      let tag = queue.tag(number)
      do throws(CommandError) {
        let request = try connection.request(.post, at: now) { message throws(WriteError) in
          try delegate.write(queue.payload(number), tag: tag, to: &message)
        }
        underWay[place] = Carriage(request: request, number: number)
        queue.setUnderWay(number, true)
        hasSent = true
      } catch {
        switch error {
        case .tooLarge, .invalid:
          queue.settle(number)
          delegate.didSettle(tag: tag, .unsendable(error))
        // Another time.
        default: return hasSent
        }
      }
    }
    return hasSent
  }

  /// A response came.
  ///
  /// - Returns: whether it was for telemetry.
  mutating func take<Delegate: SupervisorDelegate & ~Copyable>(
    _ request: RequestID, _ response: borrowing Message, _ delegate: inout Delegate,
    longestDelay: Milliseconds, at now: Instant
  ) -> Bool {
    guard let number = end(request) else { return false }
    switch response.code {
    case .tooManyRequests, .serviceUnavailable:
      // The default of Max-Age is a minute (RFC 7252 section 5.10.5, RFC 8516 section 3).
      let seconds = response.firstOption(.maxAge)?.uint ?? 60
      let end = now + min(.seconds(seconds), longestDelay)
      if delay == nil || delay!.isBefore(end) { delay = end }
      queue.setUnderWay(number, false)
    default:
      settle(number, .answered(response.code), &delegate)
    }
    return true
  }

  /// There will be no response.
  ///
  /// - Returns: whether it was for telemetry.
  mutating func fail<Delegate: SupervisorDelegate & ~Copyable>(
    _ request: RequestID, _ failure: RequestFailure, _ delegate: inout Delegate
  ) -> Bool {
    guard let number = end(request) else { return false }
    switch failure {
    // Nobody knows whether the server has it: it is sent again.
    case .timedOut, .connectionEnded: queue.setUnderWay(number, false)
    default: settle(number, .failed(failure), &delegate)
    }
    return true
  }

  private mutating func settle<Delegate: SupervisorDelegate & ~Copyable>(
    _ number: UInt32, _ outcome: TelemetryOutcome, _ delegate: inout Delegate
  ) {
    guard queue.contains(number) else { return }
    let tag = queue.tag(number)
    queue.settle(number)
    delegate.didSettle(tag: tag, outcome)
  }

  private func freePlace(_ window: Int) -> Int? {
    for index in 0..<min(max(window, 1), underWay.count) where underWay[index] == nil { return index }
    return nil
  }

  /// The entry that a request carried, which is forgotten.
  private mutating func end(_ request: RequestID) -> UInt32? {
    for index in underWay.indices {
      if let carriage = underWay[index], carriage.request == request {
        underWay[index] = nil
        return carriage.number
      }
    }
    return nil
  }
}
