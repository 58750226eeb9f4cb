import DeviceCore

/// More of what a server can see of a client: sizes, pieces and signalling messages.
let clientFormatCases: [ProbeCase] = [
  ProbeCase(
    "client-byte-by-byte", ["F-13"], sends: "CSM and a Ping with a text, one byte at a time",
    rule: "A stream may be cut anywhere.", "RFC 8323, 3.2", layer: .stream
  ) { link, _ in
    // A client that is still busy with its beginning would read the pieces as one.
    guard link.begin() != nil else { return .skipped("it has sent no CSM") }
    _ = link.receive(within: Milliseconds(300))
    let ping = ProbeMessage(.ping, token: [0x7e, 0x57], payload: Array("a header of three bytes".utf8))
    link.send(ping.encoded(), pieces: 1)
    return link.judgePong()
  },
  ProbeCase(
    "client-csm-options", ["S-06", "C-21"], sends: "CSM with a token, a text and the unknown option 20",
    rule: "Unknown elective options of signalling messages are ignored.", "RFC 8323, 5.2"
  ) { link, _ in
    link.send(
      ProbeMessage(
        .capabilitiesAndSettings, token: [4], options: [(2, [16, 0]), (4, []), (20, [1])],
        payload: Array("hello".utf8)))
    link.send(ProbeMessage(.ping, token: [0x7e, 0x57]))
    return link.judgePong()
  },
  ProbeCase(
    "client-csm-again", ["C-02"], sends: "CSM, CSM without options, Ping",
    rule: "Further CSMs may come at any time.", "RFC 8323, 5.3"
  ) { link, _ in
    link.send([
      capabilities(), ProbeMessage(.capabilitiesAndSettings), ProbeMessage(.ping, token: [0x7e, 0x57]),
    ])
    return link.judgePong()
  },
  ProbeCase(
    "client-empty", ["L-02"], sends: "CSM, Empty, Ping", rule: "An Empty message is ignored.", "RFC 8323, 3.4"
  ) { link, _ in
    link.send([capabilities(), ProbeMessage(.empty), ProbeMessage(.ping, token: [0x7e, 0x57])])
    return link.judgePong()
  },
  ProbeCase(
    "client-small-messages", ["C-12"],
    sends: "CSM with Max-Message-Size 48, and what asks for further blocks",
    rule: "No message is larger than the peer's Max-Message-Size.", "RFC 8323, 5.3.1"
  ) { link, _ in
    link.send(ProbeMessage(.capabilitiesAndSettings, options: [(2, [48]), (4, [])]))
    var sizes: [Int] = []
    while let message = link.receive(within: .seconds(1)) {
      if message.code == .abort { break }
      guard message.code.isRequest else { continue }
      sizes.append(message.bytes.count)
      // A client that sends blocks goes on with the next one.
      guard let block = message.values(27).first, let last = block.last, last & 8 != 0 else { break }
      link.send(ProbeMessage(.continue, token: message.token, options: [(27, block)]))
    }
    guard let first = sizes.first else { return .conforms("no request") }
    // What leaves before our CSM is there may have up to 1152 bytes (RFC 8323 section 3.3).
    if let large = sizes.dropFirst().first(where: { $0 > 48 }) {
      return .violates("a message of \(large) bytes")
    }
    if first > 1152 { return .violates("a message of \(first) bytes") }
    return .conforms(first > 48 ? "\(first) bytes, perhaps before it could know" : "\(first) bytes")
  },
  clientAbort(
    "client-ping-critical", ["S-05"], "CSM, Ping with the unknown option 17",
    [capabilities().encoded(), ProbeMessage(.ping, token: [1], options: [(17, [])]).encoded()],
    "An unknown critical option in a signalling message ends the connection.", "RFC 8323, 5.2",
    layer: .messages),
  clientAbort(
    "client-option-length-15", ["X-08"], "CSM, a response with the length nibble 15",
    [capabilities().encoded(), [0x21, 0x45, 0x42, 0xbf, 0x61]],
    "A length of 15 is a format error, and that is answered with Abort.", "RFC 7252, 3.1"),
  clientAbort(
    "client-marker-alone", ["X-02"], "CSM, a response with a payload marker and nothing behind it",
    [capabilities().encoded(), [0x11, 0x45, 0x42, 0xff]],
    "A marker without payload is a format error.", "RFC 7252, 3"),
  clientAbort(
    "client-csm-malformed", ["T-08"], "CSM with the delta nibble 15", [[0x20, 0xe1, 0xf1, 0x61]],
    "A format error is answered with Abort.", "RFC 8323, 5.6"),
  ProbeCase(
    "client-oversize", ["F-12", "C-07"], sends: "CSM, the header of a response of 2 GiB",
    rule: "A message above the own Max-Message-Size is refused from its length alone.", "RFC 8323, 5.3.1",
    layer: .stream
  ) { link, _ in
    link.send(capabilities().encoded() + [0xf1, 0x7f, 0xff, 0xff, 0xff, 0x45, 0x42])
    return link.judgeAbort(orEnd: true)
  },
  ProbeCase(
    "client-critical-option", ["X-22", "F-10"], sends: "2.05 with the unknown option 65001",
    rule: "Such a response is rejected; over TCP there is no message for that.", "RFC 7252, 5.4.1"
  ) { link, _ in
    guard let asked = link.awaitRequest() else { return .skipped("no request comes") }
    link.send(ProbeMessage(.content, token: asked.token, options: [(65001, [1])], payload: Array("x".utf8)))
    while let next = link.receive(within: .seconds(1)) {
      if next.code == .empty { return .differs("an Empty message") }
      if next.code == .abort { return .differs("Abort") }
    }
    return .conforms("no message")
  },
]

extension ProbeLink {
  /// Whether a client answers our Ping, whatever it asks meanwhile.
  fileprivate func judgePong() -> Finding {
    while let message = receiveAnswer() {
      switch message.code {
      case .pong: return .conforms("Pong")
      case .abort: return .violates("Abort: \(String(decoding: message.payload, as: UTF8.self))")
      case _ where message.code.isResponse: return .violates("it answers \(message.code.dotted)")
      default: continue
      }
    }
    return .violates(isEnded ? "it ends" : "no Pong")
  }
}
