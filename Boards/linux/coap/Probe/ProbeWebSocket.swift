import DeviceCore
import LinuxSupport

/// A frame of a WebSocket (RFC 6455 section 5.2), which may be wrong on purpose.
struct ProbeFrame {
  enum Kind: UInt8 {
    case continuation = 0
    case text = 1
    case binary = 2
    case reserved = 3
    case close = 8
    case ping = 9
    case pong = 10
  }

  /// How the length is written.
  enum LengthForm {
    case shortest, twoBytes, eightBytes
  }

  var kind: Kind
  var payload: [UInt8] = []
  var isFinal = true
  /// The three bits that extensions may define.
  var reservedBits: UInt8 = 0
  var isMasked = true
  var lengthForm = LengthForm.shortest

  private static let mask: [UInt8] = [0x37, 0xfa, 0x21, 0x3d]

  func encoded() -> [UInt8] {
    let maskBit: UInt8 = isMasked ? 0x80 : 0
    var bytes = [(isFinal ? 0x80 : 0) | reservedBits << 4 | kind.rawValue]
    switch (lengthForm, payload.count) {
    case (.shortest, ..<126): bytes.append(maskBit | UInt8(payload.count))
    case (.shortest, ..<65_536), (.twoBytes, _):
      bytes += [maskBit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xff)]
    case (_, let count):
      bytes.append(maskBit | 127)
      bytes += (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }
    }
    guard isMasked else { return bytes + payload }
    return bytes + Self.mask + payload.enumerated().map { $0.element ^ Self.mask[$0.offset & 3] }
  }
}

/// The client's end of a WebSocket, frame by frame.
struct ProbeWebSocket {
  let link: ProbeLink
  let authority: String

  /// What a server answers to a request for a WebSocket.
  struct Answer {
    let status: Int
    let fields: [String: String]
  }

  /// What a server sent next.
  enum Event {
    case message(ProbeMessage)
    case ping
    case pong([UInt8])
    case close(code: UInt16?)
    /// A frame or a message that breaks the rules.
    case wrong(String)
    case end
    case nothing
  }

  /// The example of RFC 6455 section 1.3.
  static let key = "dGhlIHNhbXBsZSBub25jZQ=="
  static let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

  /// Asks for a WebSocket.
  ///
  /// - Parameter changes: fields with other values, or nil to leave them out.
  /// - Returns: nil when no answer comes.
  func ask(_ path: String = "/.well-known/coap", _ changes: [String: String?] = [:]) -> Answer? {
    let usual = [
      "Host": authority, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": Self.key,
      "Sec-WebSocket-Protocol": "coap", "Sec-WebSocket-Version": "13",
    ]
    let fields = usual.merging(changes.compactMapValues { $0 }) { $1 }
      .filter { name, _ in changes[name].map { $0 != nil } ?? true }
      .sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\r\n" }
    link.send(Array("GET \(path) HTTP/1.1\r\n\(fields.joined())\r\n".utf8))
    return receiveAnswer()
  }

  func receiveAnswer() -> Answer? {
    guard let lines = link.receiveHead() else { return nil }
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else { return nil }
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    return Answer(status: status, fields: fields)
  }

  /// Opens the WebSocket and sends our CSM.
  func open() -> Bool {
    guard ask()?.status == 101 else { return false }
    send(capabilities())
    return true
  }

  func send(_ frame: ProbeFrame) { link.send(frame.encoded()) }

  func send(_ message: ProbeMessage) {
    send(ProbeFrame(kind: .binary, payload: message.encodedForWebSocket()))
  }

  /// The next thing that comes; messages in fragments are put together.
  func next(within span: Milliseconds? = nil) -> Event {
    var message: [UInt8] = []
    while true {
      guard let head = link.receiveBytes(2, within: span) else { return link.isEnded ? .end : .nothing }
      if head[0] & 0x70 != 0 { return .wrong("a frame with reserved bits") }
      if head[1] & 0x80 != 0 { return .wrong("a frame with a mask") }
      guard let kind = ProbeFrame.Kind(rawValue: head[0] & 0x0f), let payload = payload(head[1]) else {
        return .wrong("a frame that is none")
      }
      switch kind {
      case .continuation, .binary:
        message += payload
        guard head[0] & 0x80 != 0 else { continue }
        guard let found = ProbeMessage(inWebSocket: message) else {
          return .wrong("a WebSocket message that is no CoAP message: \(hex(message.prefix(16)))")
        }
        link.note(found.text)
        return .message(found)
      case .text, .reserved: return .wrong("a frame of another type than binary")
      case .ping: return .ping
      case .pong:
        link.note("Pong of the WebSocket \(hex(payload))")
        return .pong(payload)
      case .close:
        let code = payload.count < 2 ? nil : UInt16(payload[0]) << 8 | UInt16(payload[1])
        link.note("Close\(code.map { " \($0)" } ?? "")")
        return .close(code: code)
      }
    }
  }

  private func payload(_ second: UInt8) -> [UInt8]? {
    var count = Int(second & 0x7f)
    if count > 125 {
      guard let bytes = link.receiveBytes(count == 126 ? 2 : 8) else { return nil }
      count = bytes.reduce(0) { $0 << 8 | Int($1) }
    }
    guard (0...1 << 24).contains(count) else { return nil }
    return count == 0 ? [] : link.receiveBytes(count)
  }
}

extension ProbeWebSocket {
  /// How something is taken that ends a WebSocket: with one of these codes.
  func judgeClose(_ codes: [UInt16], ifIgnored: (String) -> Finding = Finding.violates) -> Finding {
    // A Pong to this would tell that it goes on.
    var hasAsked = false
    while true {
      switch next(within: hasAsked ? nil : Milliseconds(300)) {
      case .message(let message) where message.code == .pong: return ifIgnored("it goes on")
      case .message(let message) where message.code.isResponse:
        return ifIgnored("it answers \(message.code.dotted)")
      case .message, .ping, .pong: continue
      case .close(let code):
        let text = code.map { "Close \($0)" } ?? "Close"
        return code.map(codes.contains) == true ? .conforms(text) : .differs(text)
      case .wrong(let what): return .violates(what)
      case .end: return .differs("it ends without a Close")
      case .nothing where !hasAsked:
        hasAsked = true
        send(ProbeMessage(.ping, token: [0x7e, 0x57]))
      case .nothing: return .violates("nothing, and it stays connected")
      }
    }
  }

  /// How something is taken after which the connection goes on.
  func judgeGoesOn() -> Finding {
    send(ProbeMessage(.ping, token: [0x7e, 0x57]))
    while true {
      switch next() {
      case .message(let message) where message.code == .pong: return .conforms("it goes on")
      case .message(let message) where message.code == .abort: return .violates("Abort")
      case .message, .ping, .pong: continue
      case .close(let code): return .violates("Close\(code.map { " \($0)" } ?? "")")
      case .wrong(let what): return .violates(what)
      case .end: return .violates("it ends")
      case .nothing: return .violates("it does not answer any more")
      }
    }
  }

  /// The next message that is no CSM.
  func receiveMessage() -> ProbeMessage? {
    while case .message(let message) = next() {
      if message.code != .capabilitiesAndSettings { return message }
    }
    return nil
  }
}
