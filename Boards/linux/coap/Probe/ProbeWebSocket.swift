import DeviceCore

/// One end of a WebSocket, frame by frame.
final class ProbeWebSocket {
  enum End { case client, server }

  let link: ProbeLink
  let end: End
  /// The server, as HTTP's Host header has it.
  let authority: String
  /// The masks that came, in order.
  private(set) var masks: [[UInt8]] = []

  /// What came next.
  enum Event {
    case message(ProbeMessage)
    case ping
    case pong([UInt8])
    case close(code: UInt16?)
    /// A frame or a message that breaks the rules.
    case wrong(ProbeFrameFault)
    case end
    case nothing
  }

  /// - Parameter end: which this program is.
  init(_ link: ProbeLink, _ end: End, authority: String = "") {
    (self.link, self.end, self.authority) = (link, end, authority)
  }

  func send(_ frame: ProbeFrame) { link.send(frame.encoded(at: end)) }

  func send(_ message: ProbeMessage) {
    send(ProbeFrame(kind: .binary, payload: message.encodedForWebSocket()))
  }

  /// The next thing that comes; messages in fragments are put together.
  func next(within span: Milliseconds? = nil) -> Event {
    var message: [UInt8]?
    while true {
      guard let head = link.receiveBytes(2, within: span) else { return link.isEnded ? .end : .nothing }
      if let fault = fault(in: head, isInMessage: message != nil) { return .wrong(fault) }
      let count: Int
      switch readCount(head[1] & 0x7f) {
      case .success(let read): count = read
      case .failure(let fault): return .wrong(fault)
      case nil: return link.isEnded ? .end : .nothing
      }
      guard let kind = ProbeFrame.Kind(rawValue: head[0] & 0x0f), let payload = readPayload(count, head[1])
      else { return link.isEnded ? .end : .nothing }
      switch kind {
      case .continuation, .binary:
        message = (message ?? []) + payload
        guard head[0] & 0x80 != 0 else { continue }
        return read(message!)
      case .text, .reserved: return .wrong(.text)
      case .ping:
        link.note("Ping of the WebSocket \(hex(payload))")
        return .ping
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

  private func fault(in head: [UInt8], isInMessage: Bool) -> ProbeFrameFault? {
    if head[0] & 0x70 != 0 { return .reservedBits }
    if (head[1] & 0x80 != 0) != (end == .server) { return end == .server ? .unmasked : .masked }
    guard let kind = ProbeFrame.Kind(rawValue: head[0] & 0x0f), kind != .reserved else { return .unknownType }
    if kind.isControl {
      if head[0] & 0x80 == 0 { return .controlFragment }
      return head[1] & 0x7f > 125 ? .longControl : nil
    }
    if kind == .text { return .text }
    return kind == .continuation
      ? (isInMessage ? nil : .looseContinuation) : (isInMessage ? .mixedFragments : nil)
  }

  /// The length whose first byte is there.
  private func readCount(_ first: UInt8) -> Result<Int, ProbeFrameFault>? {
    guard first > 125 else { return .success(Int(first)) }
    guard let bytes = link.receiveBytes(first == 126 ? 2 : 8) else { return nil }
    guard bytes[0] == 0 || first == 126 else { return .failure(.hugeLength) }
    let count = bytes.reduce(0) { $0 << 8 | Int($1) }
    if count > 1 << 24 { return .failure(.hugeLength) }
    return count < (first == 126 ? 126 : 65_536) ? .failure(.longerLength) : .success(count)
  }

  private func readPayload(_ count: Int, _ second: UInt8) -> [UInt8]? {
    var mask: [UInt8] = [0, 0, 0, 0]
    if second & 0x80 != 0 {
      guard let bytes = link.receiveBytes(4) else { return nil }
      mask = bytes
      masks.append(mask)
    }
    guard count > 0 else { return [] }
    return link.receiveBytes(count).map { masked($0, with: mask) }
  }

  private func read(_ bytes: [UInt8]) -> Event {
    guard let found = ProbeMessage(inWebSocket: bytes) else {
      return .wrong(bytes.count > 1 && bytes[0] >> 4 != 0 ? .length(bytes[0] >> 4) : .noMessage(bytes))
    }
    link.note(found.text)
    return .message(found)
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
      case .wrong(let fault): return .violates(fault.text)
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
      case .wrong(let fault): return .violates(fault.text)
      case .end: return .violates("it ends")
      case .nothing: return .violates("it does not answer any more")
      }
    }
  }

  /// The next message that is no CSM and no request.
  func receiveMessage() -> ProbeMessage? {
    while true {
      switch next() {
      case .message(let message):
        if message.code != .capabilitiesAndSettings && !message.code.isRequest { return message }
      case .ping, .pong: continue
      default: return nil
      }
    }
  }
}
