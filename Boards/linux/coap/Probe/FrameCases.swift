import DeviceCore

/// What either end of a WebSocket has to take, or to refuse (RFC 8323 section 4.2, RFC 6455 section 5).
///
/// - Parameter at: which end is tried.
private func makeFrameCases(_ at: TriedEnd) -> [ProbeCase] {
  [
    at.frames(
      "fragments", ["W-07", "WS-14"], "a Ping in three fragments, a Ping of the WebSocket between them",
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
        case .wrong(let fault): return .violates(fault.text)
        case .end: return .violates("it ends")
        case .nothing: return .violates("nothing")
        }
      }
    },
    at.frames(
      "ping", ["WS-16"], "a Ping of the WebSocket", "A Ping is answered by a Pong with its bytes.",
      "RFC 6455, 5.5.2"
    ) { socket in
      socket.send(ProbeFrame(kind: .ping, payload: Array("probe".utf8)))
      while true {
        switch socket.next() {
        case .pong(let bytes):
          return bytes == Array("probe".utf8) ? .conforms("Pong") : .violates("other bytes")
        case .message, .ping: continue
        case .close(let code): return .violates("Close\(code.map { " \($0)" } ?? "")")
        case .wrong(let fault): return .violates(fault.text)
        case .end: return .violates("it ends")
        case .nothing: return .violates("no Pong")
        }
      }
    },
    at.frames(
      "pong", ["WS-16"], "a Pong that nobody asked for", "It is ignored.", "RFC 6455, 5.5.3"
    ) {
      socket in
      socket.send(ProbeFrame(kind: .pong, payload: [1]))
      return socket.judgeGoesOn()
    },
    at.isServer
      ? at.fault(
        "unmasked", ["WS-10"], "a frame without a mask", "A server closes when a frame has no mask.",
        "RFC 6455, 5.1", ProbeFrame(kind: .binary, payload: [0, 0xe2], isMasked: false), [1002])
      : at.fault(
        "masked", ["WS-11"], "a frame with a mask", "A client closes when a frame has a mask.",
        "RFC 6455, 5.1", ProbeFrame(kind: .binary, payload: [0, 0xe2], isMasked: true), [1002]),
    at.fault(
      "text", ["W-04"], "a message of text", "CoAP messages are binary.", "RFC 8323, 4.2",
      ProbeFrame(kind: .text, payload: Array("hello".utf8)), [1002, 1003, 1007, 1008]),
    at.fault(
      "reserved-bit", ["WS-12"], "a frame with a reserved bit",
      "Reserved bits are 0 unless an extension has a use for them.", "RFC 6455, 5.2",
      ProbeFrame(kind: .binary, payload: [0, 0xe2], reservedBits: 4), [1002]),
    at.fault(
      "opcode", ["WS-12"], "a frame of type 3", "A type that is not known fails the connection.",
      "RFC 6455, 5.2", ProbeFrame(kind: .reserved, payload: [0, 0xe2]), [1002]),
    at.fault(
      "length-form", ["WS-13"], "a length below 126 in two bytes",
      "The length is written in as few bytes as it takes.", "RFC 6455, 5.2",
      ProbeFrame(kind: .binary, payload: [0, 0xe2], lengthForm: .twoBytes), [1002], orIgnored: true),
    at.fault(
      "long-ping", ["WS-15"], "a Ping of 126 bytes", "Control frames have at most 125 bytes.",
      "RFC 6455, 5.5", ProbeFrame(kind: .ping, payload: [UInt8](repeating: 0, count: 126)), [1002]),
    at.fault(
      "ping-fragment", ["WS-15"], "a fragment of a Ping", "Control frames are not fragmented.",
      "RFC 6455, 5.5", ProbeFrame(kind: .ping, payload: [1], isFinal: false), [1002]),
    at.fault(
      "continuation", ["WS-14"], "a continuation of nothing",
      "A continuation follows a first fragment.", "RFC 6455, 5.4",
      ProbeFrame(kind: .continuation, payload: [0, 0xe2]), [1002]),
    at.frames(
      "mixed-fragments", ["WS-14"], "a new message within the fragments of another",
      "Fragments of two messages are not mixed.", "RFC 6455, 5.4"
    ) { socket in
      socket.send(ProbeFrame(kind: .binary, payload: [0], isFinal: false))
      socket.send(ProbeFrame(kind: .binary, payload: [0, 0xe2]))
      return socket.judgeClose([1002])
    },
    at.fault(
      "close-1-byte", ["WS-18"], "a Close with one byte", "The code in a Close has two bytes.",
      "RFC 6455, 5.5.1", ProbeFrame(kind: .close, payload: [3]), [1002]),
    at.frames(
      "huge-frame", ["WS-21"], "the head of a frame of 2^60 bytes",
      "A frame that is larger than can be taken is refused.", "RFC 6455, 10.4"
    ) { socket in
      socket.send(ProbeFrame(kind: .binary, claimedCount: 1 << 60))
      return socket.judgeClose([1002, 1009])
    },
    at.frames(
      "length-nibble", ["W-05"], "a GET whose Len is not 0",
      "Len is 0, for the frame has the length; another value is refused (what to do is not said by the RFC).",
      "RFC 8323, 4.2"
    ) { socket in
      var bytes = request("not/here").encodedForWebSocket()
      bytes[0] |= 0x90
      socket.send(ProbeFrame(kind: .binary, payload: bytes))
      return socket.judgeClose([1002, 1003, 1007, 1008], ifIgnored: Finding.differs)
    },
    at.frames(
      "empty-frame", ["W-04"], "a message without a byte",
      "A CoAP message has two bytes at least (what to do is not said by the RFC).", "RFC 8323, 4.2"
    ) { socket in
      socket.send(ProbeFrame(kind: .binary))
      return socket.judgeClose([1002, 1003, 1007, 1008], ifIgnored: Finding.differs)
    },
    at.frames(
      "abort", ["A-07", "A-09"], "a GET with the delta nibble 15",
      "A format error is answered with Abort; Close follows.", "RFC 8323, 5.6"
    ) { socket in
      socket.send(ProbeFrame(kind: .binary, payload: [1, 1, 0x42, 0xf1, 0x61]))
      guard let answer = socket.receiveMessage() else { return .differs("no Abort") }
      guard answer.code == .abort else { return .violates("it answers \(answer.code.dotted)") }
      return socket.judgeClose([1002, 1007, 1008])
    },
  ]
}

/// Of servers.
let frameCases = makeFrameCases(TriedEnd(name: "ws-", isServer: true)) + serverFrameCases
/// Of clients.
let clientFrameCases = makeFrameCases(TriedEnd(name: "client-ws-", isServer: false))

/// Which end of a WebSocket is tried.
private struct TriedEnd: Sendable {
  /// What the names of its cases begin with.
  let name: String
  let isServer: Bool

  /// One on a WebSocket that is open, with our CSM sent.
  func frames(
    _ name: String, _ rows: [String], _ sends: String, _ rule: String, _ section: String,
    _ run: @escaping @Sendable (ProbeWebSocket) -> Finding
  ) -> ProbeCase {
    if isServer {
      webSocket(self.name + name, rows, sends, rule, section) { socket in
        socket.open() ? run(socket) : .violates("no WebSocket")
      }
    } else {
      clientWebSocket(self.name + name, rows, sends, rule, section) { socket, _ in
        socket.accept() ? run(socket) : .violates("no request for a WebSocket")
      }
    }
  }

  /// A frame against the rules.
  func fault(
    _ name: String, _ rows: [String], _ sends: String, _ rule: String, _ section: String,
    _ frame: ProbeFrame, _ codes: [UInt16], orIgnored mayIgnore: Bool = false
  ) -> ProbeCase {
    frames(name, rows, sends, rule, section) { socket in
      socket.send(frame)
      return socket.judgeClose(codes, ifIgnored: mayIgnore ? Finding.differs : Finding.violates)
    }
  }
}
