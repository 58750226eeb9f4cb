import DeviceCore

/// What a client sends on a WebSocket (RFC 8323 section 4.2, RFC 6455 section 5).
let clientSentFrameCases: [ProbeCase] = [
  clientWebSocket(
    "client-ws-csm-first", ["W-09"], "101, nothing more", "The first message of a WebSocket is a CSM.",
    "RFC 8323, 4.3"
  ) { socket, _ in
    guard let request = socket.receiveRequest() else { return .violates("no request for a WebSocket") }
    socket.link.send(ProbeWebSocket.answer(to: request))
    switch socket.next() {
    case .message(let first):
      return first.code == .capabilitiesAndSettings ? .conforms(first.text) : .violates(first.text)
    case .wrong(let fault): return .violates(fault.text)
    case .end: return .violates("it ends")
    default: return .violates("no message")
    }
  },
  sent("client-ws-sends-masked", ["WS-09"], "A client masks every frame.", "RFC 6455, 5.3") {
    $0 == .unmasked
  },
  clientWebSocket(
    "client-ws-sends-keys", ["WS-09"], "CSM, and eight Pings one after the other",
    "Each frame is masked with a key of its own that nobody can guess.", "RFC 6455, 5.3"
  ) { socket, _ in
    guard socket.accept() else { return .violates("no request for a WebSocket") }
    for number in 1...8 {
      socket.send(ProbeMessage(.ping, token: [0x7e, UInt8(number)]))
      guard socket.receiveMessage() != nil else { break }
    }
    let masks = socket.masks
    guard masks.count > 1 else { return .skipped("it sends too few frames with a mask") }
    let distinct = Set(masks).count
    if distinct < masks.count { return .violates("\(masks.count) frames, \(distinct) keys") }
    // Four bytes that are chance are not in a row.
    let numbers = masks.map { $0.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } }
    let steps = zip(numbers, numbers.dropFirst()).map { $1 &- $0 }
    if masks.count > 2, Set(steps).count == 1 { return .violates("each key is \(steps[0]) above the last") }
    return .conforms("\(masks.count) frames, \(distinct) keys")
  },
  sent("client-ws-sends-binary", ["W-04"], "CoAP messages are binary.", "RFC 8323, 4.2") { $0 == .text },
  sent(
    "client-ws-sends-len", ["W-05"], "Len is 0, for the frame has the length.", "RFC 8323, 4.2"
  ) { if case .length = $0 { true } else { false } },
  sent(
    "client-ws-sends-message", ["W-04"], "A message of the WebSocket is one CoAP message.", "RFC 8323, 4.2"
  ) { if case .noMessage = $0 { true } else { false } },
  sent(
    "client-ws-sends-bits", ["WS-12"], "Reserved bits are 0, and types are those that there are.",
    "RFC 6455, 5.2"
  ) { $0 == .reservedBits || $0 == .unknownType },
  sent(
    "client-ws-sends-length", ["WS-13"], "The length is written in as few bytes as it takes.",
    "RFC 6455, 5.2"
  ) { $0 == .longerLength || $0 == .hugeLength },
  clientWebSocket(
    "client-ws-sends-pings", ["W-13"], "CSM, nothing more for a second",
    "A client does not send Pings and Pongs of the WebSocket; CoAP has its own.", "RFC 8323, 4.4"
  ) { socket, _ in
    guard socket.accept() else { return .violates("no request for a WebSocket") }
    while true {
      switch socket.next(within: .seconds(1)) {
      case .message: continue
      case .ping: return .differs("a Ping")
      case .pong: return .differs("a Pong")
      case .close, .end, .nothing: return .conforms("none")
      case .wrong(let fault): return .violates(fault.text)
      }
    }
  },
  clientWebSocket(
    "client-ws-ends", ["WS-17", "WS-19"], "CSM, and 2.05 for the request; Close if it sends a Release",
    "Whoever ends a WebSocket says so with a Close whose code may be sent.", "RFC 6455, 7.1.1"
  ) { socket, _ in socket.answerRequest() ? socket.judgeEnd() : .skipped("no request comes") },
  clientWebSocket(
    "client-ws-close", ["WS-17", "WS-20"], "CSM, Close 1000",
    "A Close is answered by a Close, and nothing follows it.", "RFC 6455, 5.5.1"
  ) { socket, _ in
    guard socket.accept() else { return .violates("no request for a WebSocket") }
    socket.send(ProbeFrame(kind: .close, payload: [3, 232]))
    let finding = socket.judgeClose([1000])
    guard finding.verdict == .conforms else { return finding }
    if socket.link.receiveBytes(1, within: Milliseconds(300)) != nil {
      return .violates("more behind the Close")
    }
    return finding
  },
]

/// One that looks for a fault in what a client sends by itself, and in answer to a Ping.
private func sent(
  _ name: String, _ rows: [String], _ rule: String, _ section: String,
  _ isThis: @escaping @Sendable (ProbeFrameFault) -> Bool
) -> ProbeCase {
  clientWebSocket(name, rows, "CSM, Ping", rule, section) { socket, _ in
    guard socket.accept() else { return .violates("no request for a WebSocket") }
    socket.send(ProbeMessage(.ping, token: [0x7e, 0x57]))
    var messages = 0
    while true {
      switch socket.next(within: Milliseconds(500)) {
      case .message: messages += 1
      case .ping, .pong: continue
      case .wrong(let fault):
        return isThis(fault) ? .violates(fault.text) : .skipped("it sends \(fault.text)")
      case .close, .end, .nothing:
        return messages > 0 ? .conforms("\(messages) messages") : .skipped("it sends no message")
      }
    }
  }
}

extension ProbeWebSocket {
  /// Answers the first request.
  ///
  /// - Returns: whether one came.
  fileprivate func answerRequest() -> Bool {
    guard accept() else { return false }
    while case .message(let message) = next() {
      guard message.code.isRequest else { continue }
      send(ProbeMessage(.content, token: message.token, payload: Array("probe".utf8)))
      return true
    }
    return false
  }

  /// How a client ends that has nothing more to ask.
  fileprivate func judgeEnd() -> Finding {
    var hasReleased = false
    while true {
      switch next() {
      case .message(let message) where message.code == .release && !hasReleased:
        hasReleased = true
        send(ProbeFrame(kind: .close, payload: [3, 232]))
      case .message, .ping, .pong: continue
      case .close(nil): return .conforms("Close")
      case .close(let code?):
        let isLegal = [1000...1003, 1007...1011, 3000...4999].contains { $0.contains(code) }
        return isLegal ? .conforms("Close \(code)") : .violates("Close \(code)")
      case .wrong(let fault): return .violates(fault.text)
      case .end: return .differs("it ends without a Close")
      case .nothing: return .conforms("it stays connected")
      }
    }
  }
}
