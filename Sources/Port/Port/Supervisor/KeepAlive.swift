import DeviceCore

/// When a connection needs a Ping, and what its silences say about the network.
struct KeepAlive {
  /// What was learned so far.
  var interval: KeepAliveInterval
  private var lastReceived = Instant(rawValue: 0)
  /// When the last byte passed, either way.
  private var lastActivity = Instant(rawValue: 0)
  private var unanswered: Unanswered?
  /// Whether a Ping of ours went out since the peer was heard.
  private var hasPinged = false
  /// A silence behind which a connection was found dead. It counts when the next one is had at the first
  /// attempt: else the network or the server was gone, and nobody has forgotten anything.
  private var suspect: Milliseconds?

  /// Of the bytes that went out since the peer was heard, those with the longest silence before them.
  private struct Unanswered {
    let since: Instant
    let silence: Milliseconds
  }

  init(_ interval: KeepAliveInterval) {
    self.interval = interval
  }

  /// A connection begins.
  mutating func begin(at now: Instant) {
    lastReceived = now
    lastActivity = now
    unanswered = nil
    hasPinged = false
  }

  mutating func didReceive(at now: Instant) {
    interval.survived(max(unanswered?.silence ?? Milliseconds(0), now.since(lastActivity)))
    lastReceived = now
    lastActivity = now
    unanswered = nil
    hasPinged = false
  }

  mutating func didSend(at now: Instant) {
    let silence = now.since(lastActivity)
    if unanswered == nil || unanswered!.silence < silence {
      unanswered = Unanswered(since: now, silence: silence)
    }
    lastActivity = now
  }

  mutating func didPing() {
    hasPinged = true
  }

  /// When a Ping is due: after the silence that the network keeps, counted from the peer's last byte, so
  /// that a dead one is found while we go on sending; and earlier when it leaves a request unanswered.
  ///
  /// - Parameter patience: how long a request may stay so; nil when there is none.
  func nextPing(patience: Milliseconds?) -> Instant? {
    guard !hasPinged else { return nil }
    let regular = lastReceived + interval.current
    guard let patience, let unanswered else { return regular }
    let early = unanswered.since + patience
    return early.isBefore(regular) ? early : regular
  }

  mutating func connectionEnded(_ end: ConnectionEnd) {
    switch end {
    case .unresponsive, .notReading, .transportFailed: suspect = unanswered?.silence
    default: suspect = nil
    }
  }

  /// An attempt to come back has failed.
  mutating func attemptFailed() {
    suspect = nil
  }

  /// The peer of a new connection was heard.
  mutating func didReconnect() {
    if let suspect { interval.lost(after: suspect) }
    suspect = nil
  }
}
