import DeviceCore
import Port

/// What a board says to the server that it dials: how long it has been up, again and again.
struct HomeReporter<M: Machine>: EndpointDelegate {
  /// Whether the server's CSM has come.
  private(set) var isConnected = false
  /// How long the server asked to be left alone, when it did.
  private(set) var holdOff: Milliseconds?
  /// When the next report is due.
  private(set) var next: Instant?

  private static var interval: Milliseconds { .seconds(5) }

  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {
    switch event {
    case .capabilities, .capabilitiesAssumed:
      if !isConnected { M.write("home: connected\n") }
      isConnected = true
      next = next ?? now
    case .response:
      guard let code = connection.message?.code else { return }
      M.write("home: reported, answer ")
      M.write(decimal: UInt32(code.rawValue >> 5))
      M.write(".0")
      M.write(decimal: UInt32(code.rawValue & 31))
      M.write("\n")
    case .requestFailed: M.write("home: a report got no answer\n")
    case .pong: M.write("home: pong\n")
    case .release(let seconds): holdOff = seconds.map { .seconds($0) }
    case .closed:
      M.write("home: closed\n")
      next = nil
    default: break
    }
  }

  /// Sends a report and a Ping when it is time for them.
  mutating func report(on connection: inout Connection, at now: Instant) {
    guard let due = next, due.isReached(at: now) else { return }
    next = now + HomeReporter.interval
    // One that finds no room, or the one before without an answer, is left out.
    _ = try? connection.request(.put, at: now) { message throws(WriteError) in
      try message.append(path: "board/up")
      try message.append(.contentFormat, .textPlain)
      try message.append(payloadDecimal: now.rawValue)
    }
    try? connection.ping(at: now)
  }
}
