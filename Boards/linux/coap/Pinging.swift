import DeviceCore
import LinuxSupport
import Port
import PortSockets

/// Pings one after the other, then Release.
struct Pinging: Activity {
  private let arguments: Ping
  private let address: String
  private let signals: StopSignals?
  private let clock = ContinuousClock()
  private var statistics = PingStatistics()
  private var current: Sent?
  private var isStopping = false
  private var failure: String?

  /// A Ping that waits for its Pong, or for the next one to be due.
  private struct Sent {
    let instant: ContinuousClock.Instant
    let due: Instant
    let deadline: Instant
    var isDone = false
  }

  /// - Parameter signals: ends the series early; nil to die from Ctrl-C as usual.
  init(_ arguments: Ping, address: String, signals: StopSignals?) {
    self.arguments = arguments
    self.address = address
    self.signals = signals
  }

  /// When the next Ping is due, or a Pong is overdue.
  var deadline: Instant? {
    guard !isStopping, let sent = current else { return nil }
    return sent.isDone ? sent.due : sent.deadline
  }

  mutating func act(on connection: inout Connection, at now: Instant) {
    if signals?.take() != nil {
      // A second one does not wait for the peer to close.
      if isStopping { connection.transportFailed() }
      return stop(connection: &connection, at: now)
    }
    guard !isStopping, connection.isOpen else { return }
    if let sent = current {
      if !sent.isDone {
        guard sent.deadline.isReached(at: now) else { return }
        writeLine("no pong from \(address): seq=\(statistics.sentCount)")
        current?.isDone = true
      }
      guard statistics.sentCount < arguments.count else {
        return stop(connection: &connection, at: now)
      }
      guard sent.due.isReached(at: now) else { return }
    }
    ping(on: &connection, at: now)
  }

  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {
    switch event {
    case .capabilities, .capabilitiesAssumed: act(on: &connection, at: now)
    case .pong(let custody):
      guard let sent = current, !sent.isDone else { return }
      let time = sent.instant.duration(to: clock.now)
      current?.isDone = true
      statistics.note(time)
      let note = custody ? " custody" : ""
      writeLine(
        "pong from \(address): seq=\(statistics.sentCount) time=\(time.millisecondsText) ms\(note)")
      act(on: &connection, at: now)
    case .aborted:
      let text = connection.peerText
      fail("the peer aborted" + (text.isEmpty ? "" : ":\(text)"))
    case .release:
      if !isStopping { fail("the peer released the connection\(connection.peerText)") }
    case .closed(let end):
      if !isStopping, let reason = end.reason(arguments.connection) { fail(reason) }
    default: break
    }
  }

  mutating func didEnd(_ reason: String) {
    if !isStopping { fail(reason) }
  }

  /// Prints the summary.
  ///
  /// - Throws: ``Failure`` when the connection ended too early, or a Pong is missing.
  func finish() throws(Failure) {
    if statistics.sentCount > 0 {
      writeLine("--- \(address) ---")
      for line in statistics.summary { writeLine(line) }
    }
    if let failure { throw Failure(failure) }
    let missing = statistics.sentCount - statistics.receivedCount
    if missing > 0 { throw Failure("\(missing) of \(statistics.sentCount) pongs are missing") }
  }

  private mutating func ping(on connection: inout Connection, at now: Instant) {
    // Refused only while the connection is about to end for lack of an answer, which will be told.
    guard (try? connection.ping(custody: arguments.custody, at: now)) != nil else { return }
    statistics.noteSent()
    current = Sent(
      instant: clock.now, due: now + arguments.interval.span,
      deadline: now + arguments.timeout.span)
  }

  private mutating func stop(connection: inout Connection, at now: Instant) {
    isStopping = true
    connection.release(at: now)
  }

  private mutating func fail(_ reason: String) {
    if failure == nil { failure = reason }
  }
}
