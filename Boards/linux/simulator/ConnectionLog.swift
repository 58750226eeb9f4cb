import ArgumentParser
import DeviceCore
import LinuxSupport
import Logging
import Port

/// Writes what happens on the connections to the log.
struct ConnectionLog: DeviceObserver {
  let logger: Logger
  /// Whether every event is written: asking the logger takes longer than most events.
  private let isDebugging: Bool
  private let circumstances: TLSCircumstances
  /// How many observations each connection has, by its slot; none is not noted.
  private var observations: [Int: Int] = [:]

  /// Where there is a dashboard: asks its pages.
  private var reader: PeerReader?

  init(logger: Logger, handshakeTimeout: Seconds, reader: PeerReader? = nil) {
    self.logger = logger
    isDebugging = logger.logLevel <= .debug
    self.reader = reader
    var circumstances = TLSCircumstances(.server)
    circumstances.handshakeTimeout = handshakeTimeout
    self.circumstances = circumstances
  }

  mutating func didAccept(slot: Int) {
    logger.info("connection \(slot): accepted")
    reader?.didAccept(slot: slot)
  }

  func didFail(slot: Int, _ failure: TLSFailure) {
    var layer = "TLS"
    if case .webSocket = failure { layer = "WebSocket" }
    logger.info("connection \(slot): \(layer) failed: \(failure.text(circumstances))")
  }

  func lacksEntropy() {
    logger.error("no random bits: a peer was turned away")
  }

  mutating func attend(to connection: inout Connection, slot: Int, at now: Instant) -> Instant? {
    reader?.attend(to: &connection, slot: slot, at: now)
  }

  mutating func didHandle(_ event: Event, on connection: inout Connection, slot: Int, at now: Instant) {
    reader?.didHandle(event, on: &connection, slot: slot, at: now)
  }

  mutating func didServe(on connection: inout Connection, slot: Int) {
    let count = connection.observerCount
    // Mostly nobody observes, and nothing has to be looked up.
    guard count > 0 || !observations.isEmpty, count != observations[slot] ?? 0 else { return }
    observations[slot] = count == 0 ? nil : count
    logger.info("connection \(slot): observations: \(count)")
  }

  mutating func observe(_ event: Event, on connection: inout Connection, slot: Int) {
    switch event {
    case .closed(let end):
      let observed = observations.removeValue(forKey: slot).map { ", observations ended: \($0)" } ?? ""
      logger.info("connection \(slot): closed, \(end.text)\(observed)")
    case .aborted:
      logger.info("connection \(slot): peer aborted: \(payloadText(&connection))")
    case .capabilities:
      let capabilities = connection.peerCapabilities
      logger.debug(
        "connection \(slot): peer takes \(capabilities.maximumMessageByteCount) bytes\(capabilities.supportsBERT ? ", BERT" : "")"
      )
    case .request where changesState(&connection):
      if let message = connection.message { logger.info("connection \(slot): \(describe(message))") }
    default:
      if isDebugging { logger.debug("connection \(slot): \(event)") }
    }
  }

  /// A request that may change something, and is not one of many for the same body.
  private func changesState(_ connection: inout Connection) -> Bool {
    guard let message = connection.message else { return false }
    switch message.code {
    case .post, .put, .delete, .patch, .iPatch: return message.block(.block1) == nil
    default: return false
    }
  }

  private func payloadText(_ connection: inout Connection) -> String {
    guard let message = connection.message else { return "" }
    let payload = message.payload
    var bytes: [UInt8] = []
    for index in payload.indices { bytes.append(payload[index]) }
    return String(decoding: bytes, as: UTF8.self).debugDescription
  }
}

/// The levels of the log by their names on the command line.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
  case trace, debug, info, notice, warning, error, critical

  var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .notice }

  /// Writes to standard error what is at least as important.
  func makeLogger() -> Logger {
    var logger = Logger(label: "simulator") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = level
    return logger
  }
}

extension ConnectionEnd {
  /// A few words for the log.
  var text: String {
    switch self {
    case .aborted(let fault):
      "aborted: \(fault.text)" + (fault.number.map { " \($0)" } ?? "")
    case .abortedLocally: "aborted"
    case .abortedByPeer: "aborted by the peer"
    case .releasedByPeer: "released by the peer"
    case .released: "released"
    case .releaseTimedOut: "released, but the peer did not close"
    case .closedByPeer: "closed by the peer"
    case .truncated: "closed by the peer within a message"
    case .unresponsive: "the peer does not answer"
    case .notReading: "the peer does not read"
    case .transportFailed: "the connection broke"
    }
  }
}
