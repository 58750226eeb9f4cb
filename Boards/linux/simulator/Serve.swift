import ArgumentParser
import BoardResources
import DeviceCore
import LinuxSupport
import Logging
import Port
import PortSockets

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Listen, serve the board's resources, stop cleanly at Ctrl-C.")

  @Option(
    help: ArgumentHelp(
      "Where to listen: coap+tcp://ADDRESS[:PORT]. Repeat it for more; port 0 picks a free one.",
      valueName: "uri"), transform: ListenAddress.init(uri:))
  var listen: [ListenAddress] = []

  @Flag(help: "Let others than this machine connect without TLS.")
  var allowPlain = false

  @OptionGroup(title: "Limits") var limits: LimitOptions

  @Option(help: ArgumentHelp("Where the sensors' values start from.", valueName: "number"))
  var seed: UInt32 = 1

  @Option(help: "What to log to standard error, from most to least.")
  var logLevel: LogLevel = .notice

  @Flag(help: "Print every message, decoded, one line each, to standard error.")
  var trace = false

  func validate() throws {
    for address in listen where !allowPlain && !address.isLoopback {
      throw ValidationError(
        "\(address) can be reached from elsewhere without TLS: add --allow-plain to mean it")
    }
  }

  func run() throws {
    do {
      try serve()
    } catch let failure as SocketFailure {
      throw CleanFailure(failure.description)
    }
  }

  private func serve() throws {
    let board = try SocketMachine.makeBoard()
    let addresses = try listen.isEmpty ? [ListenAddress(uri: ListenAddress.standard)] : listen
    let listeners = try addresses.map { try $0.listen(board: board) }
    guard let signals = StopSignals(board: board) else {
      throw SocketFailure("no descriptor left for signals")
    }
    Greeting(listeners: listeners, limits: limits).print()

    let logger = makeLogger()
    if trace {
      let sink: (String) -> Void = { writeError($0) }
      let all = ListenerGroup(listeners.map { TracingListener($0.listener, sink: sink) })
      runDevice(board: board, listener: all, signals: signals, logger: logger)
    } else {
      let all = ListenerGroup(listeners.map(\.listener))
      runDevice(board: board, listener: all, signals: signals, logger: logger)
    }
  }

  private func makeLogger() -> Logger {
    var logger = Logger(label: "simulator") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = logLevel.level
    return logger
  }

  private func runDevice<L: Listener>(
    board: SocketBoard, listener: L, signals: StopSignals, logger: Logger
  ) {
    let resources = Resources {
      Sensor(
        path: "sensors/temperature", name: "temperature", unit: "Cel",
        resourceType: "sensor.temperature", middle: 215, swing: 35, seed: seed, clock: board)
      Sensor(
        path: "sensors/humidity", name: "humidity", unit: "%RH",
        resourceType: "sensor.humidity", middle: 450, swing: 120, seed: seed &+ 1, clock: board)
      Lamp()
      TimeOfDay()
      Echo()
      Log()
      SlowAnswer(clock: board)
    }
    var device = unsafe Device(
      board: board, listener: listener, resources: resources,
      observer: ConnectionLog(logger: logger), limits: limits.limits,
      slots: SocketMachine.makeSlots(limits.connections, memory: limits.makeMemory))
    serve(&device, until: signals, logger: logger)
  }

  /// Runs until a signal comes; then releases every peer. A second signal does not wait for them.
  private func serve<B: Board, L: Listener, T: ResourceTable & ~Copyable>(
    _ device: inout Device<B, L, T, ConnectionLog>, until signals: StopSignals, logger: Logger
  ) {
    var isStopping = false
    while true {
      var deadline = device.step()
      while let signal = signals.take() {
        if isStopping { return }
        isStopping = true
        logger.info("signal \(signal): releasing \(device.connectionCount) connections")
        device.stop()
        deadline = device.step()
      }
      if isStopping && device.isIdle { return }
      device.board.wait(until: deadline)
    }
  }
}
