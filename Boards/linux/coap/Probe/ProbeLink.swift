import DeviceCore
import LinuxSupport
import Port
import PortSockets
import PortTLS

/// A connection on which any bytes can be sent, and that takes messages apart that come.
final class ProbeLink {
  private var stream: any ByteStream
  /// Under it all, where a client has come in.
  let transport: ProbeTransport?
  private(set) var board: SocketBoard
  private let patience: Milliseconds
  private let trace: Bool
  private var received: [UInt8] = []
  /// The peer has ended the connection, in order or not.
  private(set) var isEnded = false
  /// What came cannot be read.
  private(set) var isGarbled = false
  /// What was sent and what came, for the report.
  private(set) var sent = ""
  private(set) var came: [String] = []

  init(
    _ stream: any ByteStream, over transport: ProbeTransport? = nil, board: SocketBoard,
    patience: Milliseconds, trace: Bool
  ) {
    self.stream = stream
    self.transport = transport
    self.board = board
    self.patience = patience
    self.trace = trace
  }

  deinit { stream.close() }

  // MARK: Layers

  /// Goes on over another stream, which has the one before in it.
  func use(_ stream: any ByteStream) {
    self.stream = stream
    received = []
  }

  /// Opens the stream.
  ///
  /// - Returns: why it is not open within this time, or nil when it is.
  func open(within span: Milliseconds) -> String? {
    let deadline = board.now + span
    while true {
      let result = stream.open()
      switch result {
      case .open: return nil
      case .failed:
        isEnded = true
        return stream.failure?.text(TLSCircumstances(.server)) ?? "the connection broke"
      default: break
      }
      if deadline.isReached(at: board.now) { return "it takes too long" }
      if result != .busy { board.wait(until: deadline) }
    }
  }

  // MARK: Sending

  func send(_ message: ProbeMessage) { send(message.encoded()) }

  func send(_ messages: [ProbeMessage]) { send(messages.flatMap { $0.encoded() }) }

  /// Sends bytes, in pieces of this size with a moment between them.
  func send(_ bytes: [UInt8], pieces: Int = .max) {
    if trace { writeLine("-> \(shown(bytes))", to: 2) }
    sent += (sent.isEmpty ? "" : " ") + hex(bytes.prefix(24)) + (bytes.count > 24 ? "..." : "")
    var rest = bytes[...]
    let deadline = board.now + patience
    while !rest.isEmpty, !isEnded, !deadline.isReached(at: board.now) {
      let piece = Array(rest.prefix(pieces))
      switch stream.write(piece.span) {
      case .bytes(let count):
        rest = rest.dropFirst(count)
        if pieces != .max { pause(Milliseconds(5)) }
      case .nothingYet: read(until: board.now + Milliseconds(50))
      case .failed: isEnded = true
      }
    }
  }

  func finishWriting() { stream.finishWriting() }

  func pause(_ span: Milliseconds) {
    let until = board.now + span
    while !until.isReached(at: board.now) { board.wait(until: until) }
  }

  // MARK: Receiving

  /// The next message, or nil when none comes in time or the connection has ended.
  func receive(within span: Milliseconds? = nil) -> ProbeMessage? {
    let deadline = board.now + (span ?? patience)
    while true {
      if let message = takeMessage() {
        came.append(message.text)
        if trace { writeLine("<- \(shown(message.bytes))  \(message.text)", to: 2) }
        return message
      }
      if isEnded || isGarbled || deadline.isReached(at: board.now) { return nil }
      read(until: deadline)
    }
  }

  /// The next message that is no CSM, Ping or Empty message; Pings are answered.
  func receiveAnswer(within span: Milliseconds? = nil) -> ProbeMessage? {
    while let message = receive(within: span) {
      switch message.code {
      case .capabilitiesAndSettings, .empty: continue
      case .ping: send(ProbeMessage(.pong, token: message.token))
      default: return message
      }
    }
    return nil
  }

  /// The next bytes, so many of them, whatever they are; nil when they do not come in time.
  func receiveBytes(_ count: Int, within span: Milliseconds? = nil) -> [UInt8]? {
    let deadline = board.now + (span ?? patience)
    while received.count < count {
      if isEnded || deadline.isReached(at: board.now) { return nil }
      read(until: deadline)
    }
    defer { received.removeFirst(count) }
    return Array(received.prefix(count))
  }

  /// The lines up to an empty one, which HTTP has in front; nil when they do not come in time.
  func receiveHead() -> [String]? {
    let end = Array("\r\n\r\n".utf8)
    var head: [UInt8] = []
    while head.suffix(end.count) != end[...] {
      guard head.count < 16_384, let next = receiveBytes(1) else { return nil }
      head += next
    }
    let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n").map(String.init)
    note(lines.first ?? "an empty head")
    return lines
  }

  /// Adds what was found in raw bytes to the report.
  func note(_ what: String) {
    came.append(what)
    if trace { writeLine("<- \(what)", to: 2) }
  }

  /// Whether the peer ends the connection in time; what it still sends is read and forgotten.
  func waitForSilentEnd() -> Bool {
    let deadline = board.now + patience
    while !isEnded, !deadline.isReached(at: board.now) {
      read(until: deadline)
      received = []
    }
    return isEnded
  }

  /// Whether the peer ends the connection in time; what it still sends is read.
  func waitForEnd() -> Bool {
    let deadline = board.now + patience
    while !isEnded, !deadline.isReached(at: board.now) {
      if receive(within: Milliseconds(100)) == nil, isGarbled { break }
    }
    return isEnded
  }

  /// Whether the peer still answers a Ping.
  func isAlive() -> Bool {
    send(ProbeMessage(.ping, token: [0x7e, 0x57]))
    while let message = receiveAnswer() { if message.code == .pong { return true } }
    return false
  }

  private func read(until deadline: Instant) {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    var space = bytes.mutableSpan
    switch stream.read(into: &space) {
    case .bytes(let count): received += bytes.prefix(count)
    case .nothingYet: board.wait(until: deadline)
    case .end, .failed: isEnded = true
    }
  }

  private func takeMessage() -> ProbeMessage? {
    do throws(FormatError) {
      guard !received.isEmpty,
        case .complete(let header) = try FrameHeader.parse(received.span, maximumTokenByteCount: 65804),
        Int(header.messageByteCount) <= received.count
      else { return nil }
      let bytes = Array(received.prefix(Int(header.messageByteCount)))
      received.removeFirst(bytes.count)
      return ProbeMessage(try Message(bytes.span, header: header), bytes: bytes)
    } catch {
      isGarbled = true
      came.append("malformed bytes")
      return nil
    }
  }
}

/// The digits of as many bytes as are of use to somebody who reads them.
private func shown(_ bytes: [UInt8]) -> String {
  let limit = 1536
  return hex(bytes.prefix(limit)) + (bytes.count > limit ? "... (\(bytes.count) bytes)" : "")
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
