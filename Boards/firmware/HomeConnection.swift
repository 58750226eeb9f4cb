import DeviceCore
import Port
import PortLwIP

/// The connection that a board dials, to the server that it was given: it is opened again whenever it ends, after
/// a pause that doubles with each failure.
struct HomeConnection<M: Machine>: ~Copyable {
  private let server: (address: IPv4, port: UInt16)
  private let memory: ConnectionMemory
  private let limits: Limits
  private var phase = Phase.pausing(until: M.now)
  private var endpoint: Endpoint<LwIPStream>?
  private var reporter = HomeReporter<M>()
  /// How long the next pause may be.
  private var longestPause = firstPause

  private enum Phase {
    case pausing(until: Instant)
    case dialling(LwIPStream, deadline: Instant)
    case connected
  }

  private static var firstPause: UInt32 { 1000 }
  private static var lastPause: UInt32 { 60_000 }
  private static var dialTimeout: Milliseconds { .seconds(20) }

  init(to server: (address: IPv4, port: UInt16), memory: ConnectionMemory, limits: Limits) {
    self.server = server
    self.memory = memory
    self.limits = limits
  }

  /// Does all that can be done now.
  ///
  /// - Returns: when to call again even if nothing comes.
  mutating func step(_ board: inout FirmwareBoard<M>) -> Instant? {
    let now = board.now
    switch phase {
    case .pausing(let end):
      guard end.isReached(at: now) else { return end }
      return dial(&board, at: now)
    case .dialling(let stream, let deadline):
      return open(stream, until: deadline, &board, at: now)
    case .connected:
      return pump(&board, at: now)
    }
  }

  private mutating func dial(_ board: inout FirmwareBoard<M>, at now: Instant) -> Instant? {
    guard let stream = board.network.dial(server.address, port: server.port) else {
      return pause(&board, at: now)
    }
    let deadline = now + HomeConnection.dialTimeout
    phase = .dialling(stream, deadline: deadline)
    return deadline
  }

  private mutating func open(
    _ dialled: LwIPStream, until deadline: Instant, _ board: inout FirmwareBoard<M>, at now: Instant
  ) -> Instant? {
    var stream = dialled
    switch stream.open() {
    case .open:
      guard let token = board.random() else { break }
      reporter = HomeReporter()
      endpoint = Endpoint(
        connection: Connection(
          role: .initiator, memory: memory, limits: limits, firstToken: token, at: now), stream: stream)
      phase = .connected
      return pump(&board, at: now)
    case .failed, .failing: M.write("home: nobody answers\n")
    default:
      guard deadline.isReached(at: now) else { return deadline }
      M.write("home: nobody answers\n")
    }
    stream.close()
    return pause(&board, at: now)
  }

  private mutating func pump(_ board: inout FirmwareBoard<M>, at now: Instant) -> Instant? {
    reporter.report(on: &endpoint!.connection, at: now)
    switch endpoint!.pump(&reporter, at: now) {
    case .busy: return now
    case .waiting(let deadline):
      if reporter.isConnected { longestPause = HomeConnection.firstPause }
      guard let report = reporter.next else { return deadline }
      // One that has just become due.
      guard let deadline, deadline.isBefore(report) else { return report }
      return deadline
    case .over:
      endpoint = nil
      return pause(&board, at: now)
    }
  }

  /// Waits for a while that nobody can foresee, so that boards that lost the same server do not all come back at
  /// once; and at least as long as the server asked for (RFC 8323 section 5.5).
  private mutating func pause(_ board: inout FirmwareBoard<M>, at now: Instant) -> Instant? {
    let half = longestPause / 2
    var span = half + (board.random() ?? 0) % (half + 1)
    if let holdOff = reporter.holdOff { span = max(span, holdOff.rawValue) }
    longestPause = min(2 * longestPause, HomeConnection.lastPause)
    let end = now + Milliseconds(span)
    phase = .pausing(until: end)
    return end
  }
}
