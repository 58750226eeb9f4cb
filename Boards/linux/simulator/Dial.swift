import ArgumentParser
import BoardResources
import DeviceCore
import Foundation
import LinuxSupport
import Logging
import Port
import PortSockets

struct Dial: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Connect to a server, serve it the board's resources, report to it, stay connected.",
    discussion: """
      The server can ask for the same resources that serve has. Every --interval a reading of the \
      temperature goes to it, numbered; what cannot be sent waits in a queue and is sent again until it is \
      answered. When the connection is lost, it is opened again.

      EXAMPLES:
        simulator dial coap+tcp://127.0.0.1:5700
        simulator dial coaps+tcp://cloud.example --psk-file key --report fleet/17
        simulator dial coap+tcp://127.0.0.1 --observe time --log-level debug
      """)

  @Argument(
    help: ArgumentHelp("The server: coap+tcp://HOST[:PORT], or coaps+tcp:// for TLS.", valueName: "uri"))
  var server: String

  @OptionGroup(title: "Reports") var reports: ReportOptions

  @OptionGroup(title: "Staying connected") var patience: PatienceOptions

  @Flag(help: "Connect to another machine than this one without TLS.")
  var allowPlain = false

  @OptionGroup(title: "Security") var security: SecurityArguments

  @OptionGroup(title: "Resources") var resources: ResourceOptions

  @OptionGroup(title: "Limits") var limits: LimitOptions

  @Option(help: "What to log to standard error, from most to least.")
  var logLevel: LogLevel = .notice

  func validate() throws {
    let server = try ServerURI(server)
    if let option = security.givenOption, !server.isSecured {
      throw ValidationError("\(option) is for coaps+tcp, and the URI is \(server.text)")
    }
  }

  func run() throws {
    do {
      try dial()
    } catch let failure as SocketFailure {
      throw CleanFailure(failure.description)
    } catch let failure as SecurityFailure {
      throw ValidationError(failure.description)
    }
  }

  private func dial() throws {
    let server = try ServerURI(server)
    let board = try SocketMachine.makeBoard()
    // Found now, so that a wrong name is an error of the command line and not a pause that never ends.
    let places = try addresses(of: server.host, port: server.port)
    if !server.isSecured && !allowPlain && !places.allSatisfy(\.isLoopback) {
      throw ValidationError(
        "\(server.text) is another machine, and coap+tcp protects nothing: add --allow-plain to mean it")
    }
    guard let signals = StopSignals(board: board) else {
      throw SocketFailure("no descriptor left for signals")
    }
    let dialler = try makeDialler(server, board: board)
    let logger = logLevel.makeLogger()
    let memory = SocketMachine.makeSupervisorMemory(
      connection: limits.makeMemory(), queueCapacity: reports.queueSize)
    let supervisor = unsafe Supervisor(
      board: board, dialler: dialler,
      delegate: DialReporter(server: server, reports: reports, logger: logger),
      limits: connectionLimits, options: options, memory: memory)
    print("connecting to \(server.text)\nCtrl-C stops it.\nready")
    fflush(nil)
    run(supervisor, board: board, until: signals, logger: logger)
  }

  private func makeDialler(_ server: ServerURI, board: SocketBoard) throws -> SecuredDialler {
    guard server.isSecured else { return SecuredDialler(plain: board) }
    // RFC 8323 section 8.2: on its own port a server may do without.
    return try SecuredDialler(
      securing: board, security.load(), serverName: security.serverName ?? server.serverName,
      requiresProtocol: !server.hasDefaultPort && !security.isProtocolOptional)
  }

  private var connectionLimits: Limits {
    var all = limits.limits
    all.pingTimeout = patience.pingTimeout.span
    return all
  }

  private var options: SupervisorOptions {
    var options = patience.options
    options.telemetryPolicy = reports.queuePolicy.policy
    return options
  }

  /// Runs until a signal comes; then what is queued has a while to leave. A second signal does not wait for it.
  private func run<D: Dialler>(
    _ made: consuming Supervisor<SocketBoard, D, DialReporter>, board: SocketBoard,
    until signals: StopSignals, logger: Logger
  ) {
    var supervisor = made
    var board = board
    let firmware = ResourceOptions.makeFirmwareStore()
    var handler = resources.make(board: board, firmware)
    var log = FirmwareLog(firmware, logger: logger)
    let sensor = resources.temperature(clock: board)
    var nextReport = board.now
    var reportCount: UInt32 = 0
    var isStopping = false
    while true {
      if !isStopping && nextReport.isReached(at: board.now) {
        report(reportCount, sensor, with: &supervisor, logger: logger)
        reportCount += 1
        nextReport = board.now + reports.interval.span
      }
      while let signal = signals.take() {
        if isStopping { return }
        isStopping = true
        logger.notice("signal \(signal): \(supervisor.telemetry.count) reports wait to be sent")
        supervisor.shutDown(at: board.now)
      }
      let deadline = supervisor.step(serving: &handler)
      log.look()
      if supervisor.state == .stopped { return }
      board.wait(until: isStopping ? deadline : Instant.earlier(deadline, nextReport))
    }
  }

  private func report<D: Dialler>(
    _ number: UInt32, _ sensor: Sensor<SocketBoard>,
    with supervisor: inout Supervisor<SocketBoard, D, DialReporter>, logger: Logger
  ) {
    let report = DialReporter.report(number, tenths: sensor.reading(at: supervisor.board.now))
    do throws(TelemetryError) {
      let dropped = try supervisor.send(report.span)
      if dropped > 0 { logger.warning("\(dropped) old reports dropped: the queue is full") }
    } catch {
      logger.warning("report \(number) dropped: the queue is full")
    }
  }
}
