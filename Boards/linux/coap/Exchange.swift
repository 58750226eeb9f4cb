import ArgumentParser
import DeviceCore
import LinuxSupport
import Port
import PortSockets

/// One request and its answer, then Release.
struct Exchange: Activity {
  private var transfer: Transfer
  private let arguments: ExchangeArguments
  private let signals: StopSignals?
  private var bar: ProgressBar
  private var silence: Silence?
  private var retriesLeft: Int
  private var retryAt: Instant?
  private(set) var outcome: Outcome?

  enum Outcome {
    case answered(Answer)
    /// Nothing came, and nothing was to come (RFC 7967).
    case silent
    case failed(String)
    case interrupted
  }

  /// A server that wants us to wait for longer is not asked again.
  private static let longestWait: UInt32 = 600

  /// - Parameter signals: ends the exchange in order; nil to die from Ctrl-C as usual.
  init(
    _ transfer: Transfer, _ arguments: ExchangeArguments, retries: Int = 0,
    noResponse: ClassesArgument? = nil, signals: StopSignals?
  ) {
    self.transfer = transfer
    self.arguments = arguments
    self.signals = signals
    bar = ProgressBar()
    retriesLeft = retries
    silence = noResponse.map { Silence($0) }
  }

  var deadline: Instant? {
    guard outcome == nil else { return nil }
    return Instant.earlier(Instant.earlier(retryAt, bar.nextUpdate), silence?.deadline)
  }

  mutating func act(on connection: inout Connection, at now: Instant) {
    if signals?.take() != nil { return interrupt(connection: &connection, at: now) }
    proceed(connection: &connection, at: now)
  }

  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {
    if transfer.handle(event, on: connection) {
      if let remark = transfer.remark { say(remark) }
    } else if case .pong(let custody) = event {
      silence?.didHear(custody: custody, at: now)
    } else if let reason = event.endReason(connection, arguments.connection) {
      fail(reason)
    }
    proceed(connection: &connection, at: now)
  }

  /// Sends what is due, and ends when there is nothing left to do.
  private mutating func proceed(connection: inout Connection, at now: Instant) {
    guard outcome == nil else { return }
    if let retryAt {
      guard retryAt.isReached(at: now) else { return }
      self.retryAt = nil
      transfer.repeatRequest()
    }
    transfer.act(on: &connection, at: now)
    silence?.act(transfer, on: &connection, at: now)
    bar.update(transfer.progress(on: connection), at: now)
    settle(connection: &connection, at: now)
  }

  mutating func didEnd(_ reason: String) {
    fail(reason)
    bar.clear()
  }

  /// What the answer, its absence or a failure leads to.
  private mutating func settle(connection: inout Connection, at now: Instant) {
    guard outcome == nil, retryAt == nil else { return }
    switch transfer.result {
    case .answered(let answer):
      if answer.isAboutLater, retriesLeft > 0, waits(answer, at: now) { return }
      outcome = .answered(answer)
    case .failed(let reason): outcome = .failed(reason)
    case nil:
      guard silence?.isOver(at: now) == true else { return }
      transfer.cancel(on: &connection)
      outcome = .silent
    }
    if transfer.result != nil, bar.isShown { bar.finish(transfer.progress(on: connection), at: now) }
    bar.clear()
    connection.release(at: now)
  }

  /// - Returns: whether the request is sent again later.
  private mutating func waits(_ answer: Answer, at now: Instant) -> Bool {
    guard answer.freshness <= Exchange.longestWait else { return false }
    retriesLeft -= 1
    retryAt = now + .seconds(answer.freshness)
    let left = retriesLeft == 0 ? "for the last time" : "\(retriesLeft + 1) more times at most"
    say("\(answer.code.text): asking again in \(answer.freshness) s, \(left)")
    return true
  }

  /// Gives up; a second time without waiting for the peer.
  private mutating func interrupt(connection: inout Connection, at now: Instant) {
    bar.clear()
    if outcome != nil { connection.transportFailed() }
    transfer.cancel(on: &connection)
    if outcome == nil { outcome = .interrupted }
    connection.release(at: now)
  }

  private mutating func say(_ remark: String) {
    bar.clear()
    complain(remark)
  }

  /// The first reason is the one to tell.
  private mutating func fail(_ reason: String) {
    transfer.fail(reason)
    if outcome == nil { outcome = .failed(reason) }
  }
}

extension Exchange {
  /// The answer.
  ///
  /// - Throws: ``Failure`` when there is none.
  func finish() throws(Failure) -> Answer? {
    switch outcome {
    case .answered(let answer): return answer
    case .silent: return nil
    case .failed(let reason): throw Failure(reason)
    case .interrupted: throw Failure("interrupted", exitCode: 130)
    case nil: throw Failure("the connection ended without an answer")
    }
  }
}

/// How long to wait for a response that may be left out (RFC 7967).
struct Silence {
  private let classes: ClassesArgument
  private var hasPinged = false
  private var end: Instant?

  /// How long a response may take that comes behind a Pong without Custody.
  private static let grace = Milliseconds.seconds(2)

  init(_ classes: ClassesArgument) {
    self.classes = classes
  }

  var deadline: Instant? { end }

  /// Asks, when the request is out, whether it has been processed: no response will come any more then.
  mutating func act(_ transfer: Transfer, on connection: inout Connection, at now: Instant) {
    guard !hasPinged, transfer.request != nil, connection.isOpen else { return }
    hasPinged = true
    if classes.isAll {
      end = now
      return
    }
    if (try? connection.ping(custody: true, at: now)) == nil { end = now + Silence.grace }
  }

  mutating func didHear(custody: Bool, at now: Instant) {
    end = custody ? now : now + Silence.grace
  }

  func isOver(at now: Instant) -> Bool { end?.isReached(at: now) ?? false }
}
