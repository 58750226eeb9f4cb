import DeviceCore

/// The messages and the frames of a WebSocket (RFC 8323 section 4.2, RFC 6455 section 5), as far as they
/// concern servers alone.
let serverFrameCases: [ProbeCase] = [
  frames(
    "ws-short-messages", ["W-04"], "CSM and Ping of two bytes each",
    "A message of two bytes is one.", "RFC 8323, 4.2", opens: false
  ) { socket in
    guard socket.ask()?.status == 101 else { return .violates("no WebSocket") }
    socket.send(ProbeMessage(.capabilitiesAndSettings))
    socket.send(ProbeMessage(.ping))
    guard let pong = socket.receiveMessage() else { return .violates("no Pong") }
    return pong.code == .pong ? .conforms("Pong") : .violates(pong.text)
  },
  frames(
    "ws-16-bit-length", ["WS-13"], "a GET in a frame of 200 bytes",
    "From 126 bytes on the length has two bytes.", "RFC 6455, 5.2"
  ) { socket in
    let query = (15, Array("q=".utf8) + [UInt8](repeating: 0x61, count: 180))
    socket.send(request("not/here", [query]))
    guard let answer = socket.receiveMessage() else { return .violates("no answer") }
    return answer.token == [0xca, 0xfe] ? .conforms(answer.code.dotted) : .violates(answer.text)
  },
  frames(
    "ws-close", ["WS-17"], "Close 1000", "A Close is answered by a Close, then the server ends.",
    "RFC 6455, 5.5.1"
  ) { socket in
    socket.send(ProbeFrame(kind: .close, payload: [3, 232]))
    let finding = socket.judgeClose([1000])
    guard finding.verdict == .conforms else { return finding }
    return socket.link.waitForSilentEnd() ? .conforms("Close 1000, end") : .differs("it stays connected")
  },
  frames(
    "ws-request-before-csm", ["W-14"], "a GET without a CSM",
    "A WebSocket whose first message is no CSM is aborted.", "RFC 8323, 4.3", opens: false
  ) { socket in
    guard socket.ask()?.status == 101 else { return .violates("no WebSocket") }
    socket.send(request("not/here"))
    while true {
      switch socket.next() {
      case .message(let message) where message.code == .abort: return .conforms("Abort")
      case .message(let message) where message.code.isResponse:
        return .violates("it answers \(message.code.dotted)")
      case .message, .ping, .pong: continue
      case .close(let code): return .conforms("Close\(code.map { " \($0)" } ?? "")")
      case .wrong(let fault): return .violates(fault.text)
      case .end: return .conforms("end")
      case .nothing: return .violates("nothing, and it stays connected")
      }
    }
  },
]

/// One on a WebSocket that is open, with our CSM sent.
private func frames(
  _ name: String, _ rows: [String], _ sends: String, _ rule: String, _ section: String, opens: Bool = true,
  _ run: @escaping @Sendable (ProbeWebSocket) -> Finding
) -> ProbeCase {
  webSocket(name, rows, sends, rule, section) { socket in
    guard !opens || socket.open() else { return .violates("no WebSocket") }
    return run(socket)
  }
}
