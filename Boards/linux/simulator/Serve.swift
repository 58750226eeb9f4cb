import ArgumentParser
import BoardResources
import DeviceCore
import LinuxSupport
import Logging
import Port
import PortSockets
import PortTLS
import PortWebSocket

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Listen, serve the board's resources, stop cleanly at Ctrl-C.",
    discussion: """
      Without --listen: on \(ListenAddress.standard), and with a key or a certificate on \
      \(ListenAddress.securedStandard) too.

      EXAMPLES:
        simulator serve
        simulator serve --fresh-psk
        simulator serve --listen coaps+tcp://0.0.0.0 --psk-file keys
        simulator serve --listen coaps+tcp://0.0.0.0 --cert chain.pem --key key.pem
        simulator serve --listen coap+ws://127.0.0.1:8080 --allow-origin http://localhost:3000
        simulator serve --listen coap+ws://127.0.0.1:8080 --dashboard Boards/browser/.build/page
      """)

  @Option(
    help: ArgumentHelp(
      "Where to listen: coap+tcp://ADDRESS[:PORT], or coaps+tcp:// for TLS, coap+ws:// for WebSockets, "
        + "coaps+ws:// for both. Repeat it for more; port 0 picks a free one.",
      valueName: "uri"), transform: ListenAddress.init(uri:))
  var listen: [ListenAddress] = []

  @Flag(help: "Let others than this machine connect without TLS.")
  var allowPlain = false

  @Option(
    help: ArgumentHelp(
      "An origin of web pages that may connect by WebSocket; repeatable, * for all. What is no browser "
        + "always may.", valueName: "origin"))
  var allowOrigin: [String] = []

  @Option(
    help: ArgumentHelp(
      "A folder with a web page that coap+ws and coaps+ws hand out to browsers, as toolchain/build browser "
        + "makes it. What the page offers is read every few seconds.", valueName: "folder"))
  var dashboard: String?

  @OptionGroup(title: "Security") var security: SecurityOptions

  @OptionGroup(title: "Limits") var limits: LimitOptions

  @OptionGroup(title: "Resources") var resources: ResourceOptions

  @Option(help: "What to log to standard error, from most to least.")
  var logLevel: LogLevel = .notice

  @Flag(help: "Print every message, decoded, one line each, to standard error.")
  var trace = false

  func validate() throws {
    if listen.contains(where: \.isSecured) && !security.hasCredential {
      throw ValidationError(
        "coaps+tcp and coaps+ws need a key or a certificate: --psk-file FILE, or --cert FILE --key FILE")
    }
    if dashboard != nil && !listen.contains(where: \.isWebSocket) {
      throw ValidationError("--dashboard needs a listener for browsers: --listen coap+ws://127.0.0.1:8080")
    }
    for address in listen where !allowPlain && !address.isSecured && !address.isLoopback {
      throw ValidationError(
        "\(address) can be reached from elsewhere without TLS: add --allow-plain to mean it")
    }
  }

  func run() throws {
    do {
      try serve()
    } catch let failure as SocketFailure {
      throw CleanFailure(failure.description)
    } catch let failure as SecurityFailure {
      throw ValidationError(failure.description)
    }
  }

  private func serve() throws {
    var board = try SocketMachine.makeBoard()
    let fresh = security.makesKey ? try FreshKey(board: &board) : nil
    let loaded = try security.load(fresh: fresh)
    let context = security.hasCredential ? try loaded.makeContext(board: &board) : nil
    let files = try dashboard.map { try PageFiles(folder: $0) }
    let listeners = try addresses().map { try $0.listen(board: board) }
    guard let signals = StopSignals(board: board) else {
      throw SocketFailure("no descriptor left for signals")
    }
    Greeting(listeners: listeners, security: security, fresh: fresh, hasDashboard: files != nil).print()

    let logger = logLevel.makeLogger()
    let sessions = TLSMachine.makeSessions(context == nil ? 0 : limits.connections)
    let origins = allowOrigin + (files == nil ? [] : listeners.flatMap(\.address.pageOrigins))
    let webSockets = try WebSocketOptions(listeners, limits: limits, origins: origins) {
      try loaded.makeContext(board: &board)
    }
    let note = PageNote()
    let all = listeners.map {
      let context = $0.address.isWebSocket ? webSockets.context : context
      let pages = PageListener(
        secure($0, context, sessions, board: board), files: $0.address.isWebSocket ? files : nil,
        board: board, note: note)
      return webSockets.upgrade(pages, $0, board: board)
    }
    let peers = files.map { _ in PeerStore() }
    let reader = peers.map { PeerReader(store: $0, note: note, logger: logger) }
    if trace {
      let sink: (String) -> Void = { writeError($0) }
      let group = ListenerGroup(all.map { TracingListener($0, sink: sink) })
      runDevice(board: board, listener: group, signals: signals, logger: logger, peers, reader)
    } else {
      runDevice(
        board: board, listener: ListenerGroup(all), signals: signals, logger: logger, peers, reader)
    }
  }

  private func addresses() throws -> [ListenAddress] {
    guard listen.isEmpty else { return listen }
    let secured = security.hasCredential ? [try ListenAddress(uri: ListenAddress.securedStandard)] : []
    return secured + [try ListenAddress(uri: ListenAddress.standard)]
  }

  private func secure(
    _ open: OpenListener, _ context: TLSContext?, _ sessions: TLSSessionPool, board: SocketBoard
  ) -> SecurableListener<SocketListener, SocketBoard> {
    guard open.address.isSecured, let context else { return SecurableListener(plain: open.listener) }
    return SecurableListener(
      securing: open.listener, context: context, sessions: sessions, board: board,
      requiresApplicationProtocol: security.requiresProtocol(on: open.address))
  }

  private func runDevice<L: Listener>(
    board: SocketBoard, listener: L, signals: StopSignals, logger: Logger, _ peers: PeerStore?,
    _ reader: PeerReader?
  ) {
    let firmware = ResourceOptions.makeFirmwareStore()
    let resources = resources.make(board: board, firmware, peers)
    var limits = self.limits.limits
    if listen.contains(where: \.isWebSocket) { limits.framingByteCount = WebSocketMachine.framingByteCount }
    var device = unsafe Device(
      board: board, listener: listener, resources: resources,
      observer: ConnectionLog(
        logger: logger, handshakeTimeout: security.handshakeTimeout, reader: reader),
      limits: limits,
      slots: SocketMachine.makeSlots(self.limits.connections, memory: self.limits.makeMemory),
      wakes: SocketMachine.makeWakeSet(self.limits.connections))
    device.handshakeTimeout = security.handshakeTimeout.span
    serve(&device, until: signals, logger: logger, FirmwareLog(firmware, logger: logger))
  }

  /// Runs until a signal comes; then releases every peer. A second signal does not wait for them.
  private func serve<B: Board, L: Listener, T: ResourceTable & ~Copyable>(
    _ device: inout Device<B, L, T, ConnectionLog>, until signals: StopSignals, logger: Logger,
    _ firmware: consuming FirmwareLog
  ) {
    var isStopping = false
    while true {
      var deadline = device.step()
      firmware.look()
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
