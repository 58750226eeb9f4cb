import DeviceCore

/// What a connection told so far, and whether it was a legal story: each own request ends in exactly one
/// event, the answer is the right one, nothing comes behind ``Event/closed(_:)``.
struct Tally {
  var capabilities = 0
  var assumed = 0
  var requests = 0
  var responses = 0
  var notifications = 0
  var failures = 0
  var pongs = 0
  var releases = 0
  var aborts = 0
  var closed = 0
  /// Events that must not be: behind the last one, for a request nobody made, with a wrong payload.
  var illegal = 0

  var lastCode = Code.empty
  var lastFailure: RequestFailure?
  var lastPongCustody = false
  var lastHoldOff: UInt32?
  var lastBadOption: UInt16?
  var end: ConnectionEnd?

  private var asked = InlineArray<128, RequestID?>(repeating: nil)
  private var serials = InlineArray<128, UInt32>(repeating: 0)
  private(set) var outstanding = 0

  @inline(never)
  mutating func didAsk(_ request: RequestID, serial: UInt32) {
    for index in 0..<128 where asked[index] == nil {
      asked[index] = request
      serials[index] = serial
      outstanding += 1
      return
    }
    illegal += 1
  }

  /// The application waits no longer.
  mutating func forget(_ request: RequestID) {
    _ = settle(request)
  }

  /// Any request that has not come to its end.
  var anyOutstanding: RequestID? {
    for index in 0..<128 {
      if let request = asked[index] { return request }
    }
    return nil
  }

  private func isAsked(_ request: RequestID) -> Bool {
    for index in 0..<128 where asked[index] == request { return true }
    return false
  }

  /// - Returns: the serial that went out with the request.
  @inline(never)
  private mutating func settle(_ request: RequestID) -> UInt32? {
    for index in 0..<128 where asked[index] == request {
      asked[index] = nil
      outstanding -= 1
      return serials[index]
    }
    illegal += 1
    return nil
  }

  @inline(never)
  mutating func note(_ event: Event, on connection: borrowing Connection) {
    if closed > 0 { illegal += 1 }
    switch event {
    case .capabilities: capabilities += 1
    case .capabilitiesAssumed: assumed += 1
    case .request: requests += 1
    case .response(let request):
      responses += 1
      noteResponse(request, on: connection)
    case .notification(let request):
      notifications += 1
      lastCode = connection.message?.code ?? .empty
      if !isAsked(request) { illegal += 1 }
    case .requestFailed(let request, let failure):
      failures += 1
      lastFailure = failure
      _ = settle(request)
    case .pong(let custody):
      pongs += 1
      lastPongCustody = custody
    case .release(let holdOffSeconds):
      releases += 1
      lastHoldOff = holdOffSeconds
    case .aborted(let option):
      aborts += 1
      lastBadOption = option
    case .closed(let end):
      closed += 1
      self.end = end
      if outstanding > 0 { illegal += 1 }
    }
  }

  @inline(never)
  private mutating func noteResponse(_ request: RequestID, on connection: borrowing Connection) {
    guard let message = connection.message else {
      illegal += 1
      return
    }
    lastCode = message.code
    guard let expected = settle(request) else { return }
    // A content that is an echo begins with the serial of its request.
    if message.code == .content && message.payload.count >= 4 && message.payload[0] != 0x2a {
      if serial(message.payload) != expected { illegal += 1 }
    }
  }
}
