import BoardResources
import DeviceCore
import LinuxSupport
import Logging
import Port

/// What the device that dials does on its connections: it reports, observes if it was told to, and says to the
/// log how it goes.
struct DialReporter: SupervisorDelegate {
  private let server: ServerURI
  private let reports: ReportOptions
  private let logger: Logger
  private var observation: Observation?

  init(server: ServerURI, reports: ReportOptions, logger: Logger) {
    self.server = server
    self.reports = reports
    self.logger = logger
  }

  // MARK: Where to

  func locateServer(at now: Instant) -> LookUp { lookUp(server.host, server.port) }

  func lookUp(_ name: Span<UInt8>, port: UInt16, at now: Instant) -> LookUp {
    var bytes: [UInt8] = []
    for index in name.indices { bytes.append(name[index]) }
    return lookUp(String(decoding: bytes, as: UTF8.self), port)
  }

  /// Asks the system, which blocks: a simulator has nothing else to do meanwhile.
  private func lookUp(_ name: String, _ port: UInt16) -> LookUp {
    guard let place = (try? addresses(of: name, port: port))?.first?.place else {
      logger.warning("cannot find an address of \(name)")
      return .unknown
    }
    return .found(place)
  }

  // MARK: What happens

  func didEnter(_ state: SupervisorState, at now: Instant) {
    switch state {
    case .waiting(let until, let setback?):
      let span = Double(until.since(now).rawValue) / 1000
      logger.notice("\(setback.text); trying again in \(span) s")
    case .lacksEntropy: logger.error("no random bits: nothing is dialled")
    case .connected: logger.notice("connected")
    case .stopped: logger.notice("stopped")
    case .opening: logger.debug("connecting")
    case .greeting: logger.debug("waiting for the server's CSM")
    case .ending: logger.debug("ending")
    default: break
    }
  }

  mutating func restore(on connection: inout Connection, at now: Instant) {
    observation = nil
    guard let path = reports.observedPath else { return }
    let bytes = Array(path.utf8)
    do throws(CommandError) {
      let request = try connection.request(.get, isObserving: true, at: now) { message throws(WriteError) in
        try message.append(.observe, uint: 0)
        try message.append(path: bytes.span)
      }
      observation = Observation(request)
    } catch {
      logger.error("cannot observe \(path): \(error)")
    }
  }

  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {
    switch event {
    case .notification(let request) where request == observation?.request:
      guard let message = connection.message else { return }
      logger.notice("\(reports.observedPath ?? ""): \(printableText(message.payload))")
    case .response(let request) where request == observation?.request:
      observation = nil
      logger.warning("the server does not notify of \(reports.observedPath ?? "") any more")
    case .pong: logger.debug("pong")
    case .release(let seconds): logger.info("the server releases\(seconds.map { ", back in \($0) s" } ?? "")")
    default: logger.debug("\(event)")
    }
  }

  // MARK: Reports

  /// The number of the report and its text, as they go into the queue.
  static func report(_ number: UInt32, tenths: Int32) -> [UInt8] {
    let sign = tenths < 0 ? "-" : ""
    return Array("\(number) \(sign)\(tenths.magnitude / 10).\(tenths.magnitude % 10) Cel".utf8)
  }

  func write(
    _ payload: Span<UInt8>, tag: UInt8, to message: inout MessageWriter
  ) throws(WriteError) {
    message.code = reports.method.code
    let path = Array(reports.path.utf8)
    try message.append(path: path.span)
    try message.append(.contentFormat, .textPlain)
    try message.append(payload: payload)
  }

  func didSettle(tag: UInt8, _ outcome: TelemetryOutcome) {
    switch outcome {
    case .answered(let code) where code.isSuccess:
      logger.info("a report was answered \(code.codeClass).\(code.detail < 10 ? "0" : "")\(code.detail)")
    case .answered(let code):
      logger.warning("a report was refused: \(code.codeClass).\(code.detail < 10 ? "0" : "")\(code.detail)")
    case .failed(let failure): logger.warning("a report was lost: \(failure)")
    case .unsendable(let error): logger.error("a report cannot be sent: \(error)")
    }
  }
}

extension Setback {
  /// A few words for the log.
  var text: String {
    switch self {
    case .notLocated: "the server has no address"
    case .notDialled: "no way to the server"
    case .notOpened(nil): "nobody answers"
    case .notOpened(let failure?), .broken(let failure):
      "TLS failed: \(failure.text(TLSCircumstances(.client)))"
    case .ended(let end): "the connection is over: \(end.text)"
    case .heldOff: "the server wants to be left alone"
    }
  }
}
