import DeviceCore

/// The messages and the frames of a WebSocket (RFC 8323 section 4.2, RFC 6455 section 5).
let frameCases: [ProbeCase] = [
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
    "ws-fragments", ["W-07", "WS-14"], "a Ping in three fragments, a Ping of the WebSocket between them",
    "A message may come in fragments, with control frames in between.", "RFC 6455, 5.4"
  ) { socket in
    let bytes = ProbeMessage(.ping, token: [1, 2, 3, 4]).encodedForWebSocket()
    socket.send(ProbeFrame(kind: .binary, payload: Array(bytes[..<1]), isFinal: false))
    socket.send(ProbeFrame(kind: .ping, payload: [9]))
    socket.send(ProbeFrame(kind: .continuation, payload: Array(bytes[1..<4]), isFinal: false))
    socket.send(ProbeFrame(kind: .continuation, payload: Array(bytes[4...])))
    while true {
      switch socket.next() {
      case .message(let message) where message.code == .pong:
        return message.token == [1, 2, 3, 4] ? .conforms("Pong") : .violates(message.text)
      case .message(let message) where message.code == .abort: return .violates("Abort")
      case .message, .ping, .pong: continue
      case .close(let code): return .violates("Close\(code.map { " \($0)" } ?? "")")
      case .wrong(let what): return .violates(what)
      case .end: return .violates("it ends")
      case .nothing: return .violates("nothing")
      }
    }
  },
  frames(
    "ws-ping", ["WS-16"], "a Ping of the WebSocket", "A Ping is answered by a Pong with its bytes.",
    "RFC 6455, 5.5.2"
  ) { socket in
    socket.send(ProbeFrame(kind: .ping, payload: Array("probe".utf8)))
    while true {
      switch socket.next() {
      case .pong(let bytes):
        return bytes == Array("probe".utf8) ? .conforms("Pong") : .violates("other bytes")
      case .message, .ping: continue
      case .close(let code): return .violates("Close\(code.map { " \($0)" } ?? "")")
      case .wrong(let what): return .violates(what)
      case .end: return .violates("it ends")
      case .nothing: return .violates("no Pong")
      }
    }
  },
  frames("ws-pong", ["WS-16"], "a Pong that nobody asked for", "It is ignored.", "RFC 6455, 5.5.3") {
    socket in
    socket.send(ProbeFrame(kind: .pong, payload: [1]))
    return socket.judgeGoesOn()
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
  fault(
    "ws-unmasked", ["WS-10"], "a frame without a mask", "A server closes when a frame has no mask.",
    "RFC 6455, 5.1", ProbeFrame(kind: .binary, payload: [0, 0xe2], isMasked: false), [1002]),
  fault(
    "ws-text", ["W-04"], "a message of text", "CoAP messages are binary.", "RFC 8323, 4.2",
    ProbeFrame(kind: .text, payload: Array("hello".utf8)), [1002, 1003, 1007, 1008]),
  fault(
    "ws-reserved-bit", ["WS-12"], "a frame with a reserved bit",
    "Reserved bits are 0 unless an extension has a use for them.", "RFC 6455, 5.2",
    ProbeFrame(kind: .binary, payload: [0, 0xe2], reservedBits: 4), [1002]),
  fault(
    "ws-opcode", ["WS-12"], "a frame of type 3", "A type that is not known fails the connection.",
    "RFC 6455, 5.2", ProbeFrame(kind: .reserved, payload: [0, 0xe2]), [1002]),
  fault(
    "ws-length-16-bit-short", ["WS-13"], "a length below 126 in two bytes",
    "The length is written in as few bytes as it takes.", "RFC 6455, 5.2",
    ProbeFrame(kind: .binary, payload: [0, 0xe2], lengthForm: .twoBytes), [1002], orIgnored: true),
  fault(
    "ws-long-ping", ["WS-15"], "a Ping of 126 bytes", "Control frames have at most 125 bytes.",
    "RFC 6455, 5.5", ProbeFrame(kind: .ping, payload: [UInt8](repeating: 0, count: 126)), [1002]),
  fault(
    "ws-ping-fragment", ["WS-15"], "a fragment of a Ping", "Control frames are not fragmented.",
    "RFC 6455, 5.5", ProbeFrame(kind: .ping, payload: [1], isFinal: false), [1002]),
  fault(
    "ws-continuation-first", ["WS-14"], "a continuation of nothing",
    "A continuation follows a first fragment.", "RFC 6455, 5.4",
    ProbeFrame(kind: .continuation, payload: [0, 0xe2]), [1002]),
  frames(
    "ws-mixed-fragments", ["WS-14"], "a new message within the fragments of another",
    "Fragments of two messages are not mixed.", "RFC 6455, 5.4"
  ) { socket in
    socket.send(ProbeFrame(kind: .binary, payload: [0], isFinal: false))
    socket.send(ProbeFrame(kind: .binary, payload: [0, 0xe2]))
    return socket.judgeClose([1002])
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
  fault(
    "ws-close-1-byte", ["WS-18"], "a Close with one byte", "The code in a Close has two bytes.",
    "RFC 6455, 5.5.1", ProbeFrame(kind: .close, payload: [3]), [1002]),
  frames(
    "ws-huge-frame", ["WS-21"], "the head of a frame of 2^60 bytes",
    "A frame that is larger than can be taken is refused.", "RFC 6455, 10.4"
  ) { socket in
    socket.link.send([0x82, 0xff, 0x10, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])
    return socket.judgeClose([1002, 1009])
  },
  frames(
    "ws-length-nibble", ["W-05"], "a GET whose Len is not 0",
    "Len is 0, for the frame has the length; another value is refused (what to do is not said by the RFC).",
    "RFC 8323, 4.2"
  ) { socket in
    var bytes = request("not/here").encodedForWebSocket()
    bytes[0] |= 0x90
    socket.send(ProbeFrame(kind: .binary, payload: bytes))
    return socket.judgeClose([1002, 1003, 1007, 1008], ifIgnored: Finding.differs)
  },
  frames(
    "ws-empty-frame", ["W-04"], "a message without a byte",
    "A CoAP message has two bytes at least (what to do is not said by the RFC).", "RFC 8323, 4.2"
  ) { socket in
    socket.send(ProbeFrame(kind: .binary))
    return socket.judgeClose([1002, 1003, 1007, 1008], ifIgnored: Finding.differs)
  },
  frames(
    "ws-abort", ["A-07", "A-09"], "a GET with the delta nibble 15",
    "A format error is answered with Abort; Close follows.", "RFC 8323, 5.6"
  ) { socket in
    socket.send(ProbeFrame(kind: .binary, payload: [1, 1, 0x42, 0xf1, 0x61]))
    guard let answer = socket.receiveMessage() else { return .differs("no Abort") }
    guard answer.code == .abort else { return .violates("it answers \(answer.code.dotted)") }
    return socket.judgeClose([1002, 1007, 1008])
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
      case .wrong(let what): return .violates(what)
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

/// A frame against the rules.
private func fault(
  _ name: String, _ rows: [String], _ sends: String, _ rule: String, _ section: String, _ frame: ProbeFrame,
  _ codes: [UInt16], orIgnored mayIgnore: Bool = false
) -> ProbeCase {
  frames(name, rows, sends, rule, section) { socket in
    socket.send(frame)
    return socket.judgeClose(codes, ifIgnored: mayIgnore ? Finding.differs : Finding.violates)
  }
}
