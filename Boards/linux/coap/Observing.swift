import ArgumentParser
import DeviceCore
import Glibc
import LinuxSupport
import Port
import PortSockets

/// An observation from its beginning to the answer that ends it, then Release (RFC 7641, RFC 8323 section 7).
struct Observing: Activity {
  private let content: RequestContent
  private let arguments: ExchangeArguments
  private let count: Int?
  private let duration: Seconds?
  private let signals: StopSignals?
  private var phase = Phase.beginning
  private var observation: Observation?
  /// Whether the observation was begun anew and has not been answered.
  private var isRenewing = false
  /// The rest of a notification that was too large for one message.
  private var rest: Transfer?
  private var echo = EchoValue()
  private var end: Instant?
  private var shownCount = 0
  private var failure: Failure?

  private enum Phase {
    case beginning
    case observing
    /// The server has been told that no more is wanted, and has not answered.
    case ending
    case ended
  }

  /// Whether more notifications are wanted.
  private var isGoingOn: Bool { phase == .beginning || phase == .observing }

  /// How long a server may take to answer the request that ends the observation.
  private static let endTimeout = Milliseconds.seconds(5)

  init(
    _ content: RequestContent, _ arguments: ExchangeArguments, count: Int?, duration: Seconds?,
    signals: StopSignals?
  ) {
    self.content = content
    self.arguments = arguments
    self.count = count
    self.duration = duration
    self.signals = signals
  }

  var deadline: Instant? {
    switch phase {
    case .beginning: end
    case .observing: Instant.earlier(end, isRenewing ? nil : observation?.renewal)
    case .ending, .ended: nil
    }
  }

  mutating func act(on connection: inout Connection, at now: Instant) {
    if signals?.take() != nil {
      // A second one does not wait for anything.
      if !isGoingOn { connection.transportFailed() }
      stop(connection: &connection, at: now)
    }
    if end == nil, let duration { end = now + duration.span }
    if let end, end.isReached(at: now), isGoingOn {
      if let count {
        fail("\(shownCount) of \(count) notifications within \(duration?.description ?? "?") s")
      }
      stop(connection: &connection, at: now)
    }
    proceed(connection: &connection, at: now)
  }

  /// Sends what is due.
  private mutating func proceed(connection: inout Connection, at now: Instant) {
    switch phase {
    case .beginning: register(on: &connection, at: now)
    case .observing:
      if let renewal = observation?.renewal, renewal.isReached(at: now), !isRenewing {
        register(on: &connection, at: now)
      }
      rest?.act(on: &connection, at: now)
      settleRest(connection: &connection, at: now)
    case .ending, .ended: break
    }
  }

  // MARK: Events

  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {
    if rest?.handle(event, on: connection) == true {
      return proceed(connection: &connection, at: now)
    }
    switch event {
    case .notification(let id) where id == observation?.request:
      guard phase == .observing else { return }
      isRenewing = false
      rest?.cancel(on: &connection)
      rest = firstPart(connection, at: now)
      settleRest(connection: &connection, at: now)
    case .response(let id) where id == observation?.request:
      observationDidEnd(on: &connection, at: now)
    case .requestFailed(let id, let reason) where id == observation?.request:
      didFail(reason, connection: &connection, at: now)
    case .aborted, .release, .closed:
      if isGoingOn {
        // When only the stream knows why, it tells at the end.
        guard let reason = event.endReason(connection, arguments.connection) else { break }
        fail(reason.replacing(" without an answer", with: ""))
      }
      phase = .ended
    default: break
    }
    proceed(connection: &connection, at: now)
  }

  mutating func didEnd(_ reason: String) {
    if isGoingOn { fail(reason) }
  }

  /// What the notification that the last event spoke of begins: most often, all of it is there. A newer one
  /// makes an older one useless.
  private mutating func firstPart(_ connection: borrowing Connection, at now: Instant) -> Transfer? {
    guard let message = connection.message else { return nil }
    _ = echo.isDemanded(by: message)
    observation?.didReceive(message, random: .random(in: 0 ... .max), at: now)
    var transfer = Transfer(content, arguments)
    transfer.begin(connection)
    transfer.receive(message)
    return transfer
  }

  private mutating func settleRest(connection: inout Connection, at now: Instant) {
    guard let result = rest?.result else { return }
    rest = nil
    switch result {
    case .answered(let answer) where answer.code.isSuccess:
      if answer.code == .valid {
        complain("\(answer.code.text): not changed")
      } else {
        showNotification(answer, verbosely: arguments.verbose)
      }
      shownCount += 1
      if let count, shownCount >= count { stop(connection: &connection, at: now) }
    case .answered(let answer): complain("a notification is lost: \(answer.reason)")
    case .failed(let reason): complain("a notification is lost: \(reason)")
    }
  }

  /// The server has ended the observation, or never begun it, or answers our own end of it.
  private mutating func observationDidEnd(on connection: inout Connection, at now: Instant) {
    guard phase == .observing else { return release(connection: &connection, at: now) }
    guard let answer = lastAnswer(connection) else {
      observation = nil
      phase = .beginning
      return
    }
    let wasObserved = observation?.renewal != nil
    if !answer.code.isSuccess {
      let what = wasObserved ? "the server ended the observation: " : ""
      failure = Failure(what + answer.reason, exitCode: Int32(answer.code.codeClass))
    } else {
      showNotification(answer, verbosely: arguments.verbose)
      fail(
        wasObserved
          ? "the server ended the observation; this was the last state"
          : "the server does not let this resource be observed; this was a plain answer")
    }
    release(connection: &connection, at: now)
  }

  /// - Returns: nil when the observation is to be asked for once more, because the server wants proof that the
  ///   request is fresh.
  private mutating func lastAnswer(_ connection: borrowing Connection) -> Answer? {
    guard let message = connection.message, !echo.isDemanded(by: message) else { return nil }
    return Answer(whole: message)
  }

  private mutating func didFail(
    _ reason: RequestFailure, connection: inout Connection, at now: Instant
  ) {
    if reason == .connectionEnded { return }
    if phase != .ending, let text = reason.reason(arguments.timeout) { fail(text) }
    release(connection: &connection, at: now)
  }

  // MARK: Commands

  private mutating func register(on connection: inout Connection, at now: Instant) {
    guard connection.isOpen else { return }
    guard let request = ask(0, on: &connection, at: now) else { return }
    phase = .observing
    if observation == nil {
      observation = Observation(request)
    } else {
      isRenewing = true
    }
  }

  /// Tells the server that no more is wanted.
  private mutating func stop(connection: inout Connection, at now: Instant) {
    rest?.cancel(on: &connection)
    rest = nil
    switch phase {
    case .beginning: release(connection: &connection, at: now)
    case .observing:
      phase = .ending
      if ask(1, on: &connection, at: now) == nil { release(connection: &connection, at: now) }
    case .ending, .ended: break
    }
  }

  /// Sends the request with this value of Observe; again and again it has the same token.
  private mutating func ask(
    _ observe: UInt32, on connection: inout Connection, at now: Instant
  ) -> RequestID? {
    let content = self.content
    let tokenState = arguments.options.tokenState?.bytes ?? []
    var extras = RequestContent.Extras()
    extras.observe = observe
    extras.echo = echo.value
    var upload: BodyUpload?
    let download = BodyDownload(largest: arguments.wantedBlock(connection))
    do throws(CommandError) {
      let request = try connection.request(
        .get, isObserving: observe == 0, reusing: observation?.request, state: tokenState.span,
        timeout: observe == 0 ? arguments.timeout.span : Observing.endTimeout, at: now
      ) { writer throws(WriteError) in
        _ = try content.write(to: &writer, &upload, download, extras)
      }
      echo.didSend()
      return request
    } catch {
      guard let reason = error.reason(connection) else { return nil }
      fail(reason)
      release(connection: &connection, at: now)
      return nil
    }
  }

  private mutating func release(connection: inout Connection, at now: Instant) {
    if phase != .ended, let request = observation?.request { connection.cancel(request) }
    phase = .ended
    connection.release(at: now)
  }

  /// The first reason is the one to tell.
  private mutating func fail(_ reason: String) {
    if failure == nil { failure = Failure(reason) }
  }

  /// - Throws: ``Failure`` unless it ended as it should.
  func finish() throws(Failure) {
    if let failure { throw failure }
  }
}
