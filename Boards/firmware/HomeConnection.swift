import DeviceCore
import Port
import PortLwIP

/// The connection that a board dials, to the server that it was given: it is always there, as far as the network
/// allows, and brings a report every few seconds.
struct HomeConnection<M: Machine, Credentials: FirmwareCredentials>: ~Copyable {
  private var supervisor: Supervisor<FirmwareBoard<M>, HomeDialler<M>, HomeReporter<M, Credentials>>
  private var nextReport = M.now

  private static var interval: Milliseconds { .seconds(5) }

  /// - Precondition: the memory is initialised, and for nothing else.
  @unsafe
  @inline(__always)
  init(to server: DialPlace, _ dialler: HomeDialler<M>, memory: HomeMemory, limits: Limits) {
    var options = SupervisorOptions()
    // Shorter than the time between reports, so that a Ping is seen before it is found that none is needed.
    options.shortestKeepAlive = .seconds(4)
    // There is one entry for own requests.
    options.telemetryWindow = 1
    supervisor = unsafe Supervisor(
      board: dialler.board, dialler: dialler, delegate: HomeReporter(server: server), limits: limits,
      options: options, memory: memory.supervisor)
  }

  /// Does all that can be done now.
  ///
  /// - Returns: when to call again even if nothing comes.
  mutating func step<Handler: RequestHandler & ~Copyable>(serving handler: inout Handler) -> Instant? {
    let now = M.now
    if nextReport.isReached(at: now) {
      nextReport = now + HomeConnection.interval
      report(now.rawValue)
    }
    return Instant.earlier(nextReport, supervisor.step(serving: &handler))
  }

  private mutating func report(_ number: UInt32) {
    var bytes = InlineArray<4, UInt8>(repeating: 0)
    for index in 0..<4 { bytes[index] = UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * index)) }
    // Old reports make room for new ones.
    _ = try? supervisor.send(bytes.span)
  }
}
