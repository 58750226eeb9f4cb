import DeviceCore
import Port

/// Says on the console how the connection to the server does, and writes reports: how long the board has been up.
struct HomeReporter<M: Machine, Credentials: FirmwareCredentials>: SupervisorDelegate {
  let server: DialPlace

  mutating func locateServer(at now: Instant) -> LookUp { .found(server) }

  mutating func didEnter(_ state: SupervisorState, at now: Instant) {
    switch state {
    case .connected: M.write("home: connected\n")
    case .waiting(_, .ended), .waiting(_, .broken): M.write("home: closed\n")
    case .waiting(_, .notOpened(let failure?)):
      M.write("home: ")
      var log = ConsoleLog<M, Credentials>()
      log.didFail(slot: 0, failure)
    case .waiting(_, .notOpened), .waiting(_, .notDialled): M.write("home: nobody answers\n")
    case .waiting(_, .heldOff): M.write("home: asked to stay away\n")
    case .lacksEntropy: M.write("home: no random bits\n")
    default: break
    }
  }

  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {
    if case .pong = event { M.write("home: pong\n") }
  }

  /// A report is the clock, in milliseconds.
  mutating func write(
    _ payload: Span<UInt8>, tag: UInt8, to message: inout MessageWriter
  ) throws(WriteError) {
    message.code = .put
    try message.append(path: "board/up")
    try message.append(.contentFormat, .textPlain)
    var number: UInt32 = 0
    for index in payload.indices { number = number << 8 | UInt32(payload[index]) }
    try message.append(payloadDecimal: number)
  }

  mutating func didSettle(tag: UInt8, _ outcome: TelemetryOutcome) {
    guard case .answered(let code) = outcome else { return M.write("home: a report got no answer\n") }
    M.write("home: reported, answer ")
    M.write(decimal: UInt32(code.rawValue >> 5))
    M.write(".0")
    M.write(decimal: UInt32(code.rawValue & 31))
    M.write("\n")
  }
}
