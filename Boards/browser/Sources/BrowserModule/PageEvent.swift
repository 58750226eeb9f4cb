import DeviceCore

/// What `coap_poll` returns; coap.js has the same numbers.
enum PageEvent: UInt32 {
  case none, capabilities, response, notification, failed, pong, release, aborted, closed, other
}

/// Numbers where JavaScript reads them, one word each; nearly all belong to the last event.
enum EventWords {
  enum Word: Int {
    case slot, first, second, third, fourth, code, format, observe, maxAge, payload, payloadByteCount
    /// The first message of the pending output.
    case output, outputByteCount
    /// Where JavaScript writes a message that has come in; where both put what they hand over, and how much of that
    /// there is; the largest message that is taken.
    case inbox, scratch, scratchByteCount, largestMessage
  }

  static func set(_ word: Word, _ value: UInt32) {
    unsafe words[word.rawValue] = value
  }

  static func get(_ word: Word) -> UInt32 {
    unsafe words[word.rawValue]
  }

  static func setPayload(_ payload: Span<UInt8>) {
    unsafe payload.withUnsafeBufferPointer { bytes in
      set(.payload, UInt32(UInt(bitPattern: bytes.baseAddress)))
      set(.payloadByteCount, UInt32(bytes.count))
    }
  }

  static func setText(_ text: StaticString) {
    setPayload(text.bytes)
  }

  static func clearMessage() {
    set(.code, 0)
    set(.payloadByteCount, 0)
  }

  static var address: UInt32 {
    unsafe withUnsafeMutablePointer(to: &words) { UInt32(UInt(bitPattern: $0)) }
  }
}

nonisolated(unsafe) private var words = InlineArray<17, UInt32>(repeating: 0)

extension RequestFailure {
  var number: UInt32 {
    switch self {
    case .timedOut: 1
    case .connectionEnded: 2
    case .unknownCriticalOption: 3
    case .responseTooLarge: 4
    }
  }
}

extension CommandError {
  /// Never zero, which stands for success.
  var number: UInt32 {
    switch self {
    case .notReady: 1
    case .ending: 2
    case .tooManyUnderWay: 3
    case .noRoom: 4
    case .tooLarge: 5
    case .invalid: 6
    case .unknownRequest: 7
    case .tokenTooLong: 8
    }
  }
}

extension ConnectionEnd {
  var number: UInt32 {
    switch self {
    case .aborted: 1
    case .abortedLocally: 2
    case .abortedByPeer: 3
    case .releasedByPeer: 4
    case .released: 5
    case .releaseTimedOut: 6
    case .closedByPeer: 7
    case .truncated: 8
    case .unresponsive: 9
    case .notReading: 10
    case .transportFailed: 11
    }
  }
}
