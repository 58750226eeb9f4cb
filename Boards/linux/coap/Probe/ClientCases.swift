import DeviceCore

/// What a server can see of a client that connects: the link is the server's side.
let clientExchangeCases: [ProbeCase] = [
  ProbeCase(
    "client-csm-first", ["T-01", "T-03"], sends: "nothing",
    rule: "A client sends its CSM at once, without waiting for the server's.", "RFC 8323, 3.3"
  ) { link, _ in
    guard let first = link.receive() else { return .violates(link.isEnded ? "it ends" : "nothing") }
    return first.code == .capabilitiesAndSettings ? .conforms(first.text) : .violates(first.text)
  },
  ProbeCase(
    "client-request", ["X-14", "T-16"], sends: "CSM, and 2.05 for the request",
    rule: "A request is sent once, and taken as answered.", "RFC 8323, 3.3"
  ) { link, _ in
    guard let asked = link.awaitRequest() else { return .skipped("no request comes") }
    link.send(ProbeMessage(.content, token: asked.token, payload: Array("probe".utf8)))
    while let next = link.receiveAnswer(within: .seconds(1)) {
      if next.code == asked.code, next.token == asked.token { return .violates("the same request again") }
    }
    return .conforms("one request")
  },
  clientAbort(
    "client-csm-critical-option", ["S-05", "C-19"], "CSM with the unknown option 17",
    [ProbeMessage(.capabilitiesAndSettings, options: [(17, [1])]).encoded()],
    "An unknown critical option in a CSM ends the connection; Abort names it in Bad-CSM-Option.",
    "RFC 8323, 5.2", layer: .messages, option: 17),
  ProbeCase(
    "client-empty-before-csm", ["L-02"], sends: "Empty, then CSM",
    rule: "An Empty message is ignored, at any time.",
    "RFC 8323, 3.4"
  ) { link, _ in
    link.send([ProbeMessage(.empty), capabilities()])
    _ = link.receive()
    return link.judgeIgnored()
  },
  ProbeCase(
    "client-response-before-csm", ["T-07", "W-14"], sends: "2.05 for the request, without a CSM",
    rule: "A connection whose first message is no CSM is aborted.", "RFC 8323, 3.3"
  ) { link, _ in
    _ = link.receive()
    let asked = link.receiveAnswer(within: .seconds(1))
    link.send(ProbeMessage(.content, token: asked?.token ?? [1], payload: Array("x".utf8)))
    return link.judgeAbort(orEnd: true)
  },
  ProbeCase(
    "client-ping-token", ["P-01"], sends: "CSM, Ping with the token cafe",
    rule: "A Pong has the token of its Ping.",
    "RFC 8323, 5.4"
  ) { link, _ in
    link.send([capabilities(), ProbeMessage(.ping, token: [0xca, 0xfe])])
    while let message = link.receiveAnswer() {
      guard message.code == .pong else { continue }
      return message.token == [0xca, 0xfe]
        ? .conforms("Pong cafe") : .violates("Pong with the token \"\(hex(message.token))\"")
    }
    return .violates("no Pong")
  },
  ProbeCase(
    "client-is-asked", ["T-14", "T-15"], sends: "CSM, GET",
    rule: "Whoever serves nothing still answers requests, with an error.",
    "RFC 8323, 3.3"
  ) { link, _ in
    link.send([capabilities(), request("probe", token: [0x5a])])
    while let message = link.receiveAnswer() {
      if message.code.isRequest { continue }
      guard message.token == [0x5a], message.code.isResponse else { return .violates(message.text) }
      return message.code.isSuccess ? .differs(message.code.dotted) : .conforms(message.code.dotted)
    }
    return .violates(link.isEnded ? "it ends" : "no answer")
  },
  clientAbort(
    "client-token-length-9", ["F-09"], "CSM, a response with a token of 9 bytes",
    [capabilities().encoded(), [0x09, 0x45] + [UInt8](1...9)],
    "TKL 9 to 14 is a format error unless longer tokens were announced.", "RFC 7252, 3"),
  clientAbort(
    "client-token-length-15", ["ET-02"], "CSM, a response with TKL 15",
    [capabilities().encoded(), [0x0f, 0x45] + [UInt8](repeating: 7, count: 15)], "TKL 15 is a format error.",
    "RFC 8974, 2.1"),
  clientAbort(
    "client-option-delta-15", ["X-07"], "CSM, a response with the delta nibble 15",
    [capabilities().encoded(), [0x21, 0x45, 0x42, 0xf1, 0x61]],
    "A delta of 15 is a format error, and that is answered with Abort.", "RFC 7252, 3.1"),
  ProbeCase(
    "client-unknown-token", ["X-17"], sends: "CSM, 2.05 with a token that it never sent",
    rule: "It matches no request and is dropped.", "RFC 7252, 5.3.2"
  ) { link, _ in
    link.send([capabilities(), ProbeMessage(.content, token: [0xee, 0xee, 0xee], payload: Array("x".utf8))])
    link.send(ProbeMessage(.ping, token: [0x7e]))
    while let message = link.receiveAnswer() {
      if message.code == .pong { return .conforms("ignored") }
      if message.code == .abort { return .violates("Abort") }
    }
    return .violates(link.isEnded ? "it ends" : "it is out of step")
  },
  ProbeCase(
    "client-release", ["R-03"], sends: "CSM, Release",
    rule: "The receiver of a Release closes the connection.",
    "RFC 8323, 5.5"
  ) { link, _ in
    link.send([capabilities(), ProbeMessage(.release)])
    // What it has asked before is to be answered first, it may wait for that.
    if let asked = link.receiveAnswer(within: .seconds(1)), asked.code.isRequest {
      link.send(ProbeMessage(.notFound, token: asked.token))
    }
    return link.waitForEnd() ? .conforms("end") : .violates("it stays connected")
  },
  ProbeCase(
    "client-abort", ["A-04", "A-08"], sends: "CSM, Abort",
    rule: "An Abort is not answered, and ends the connection.",
    "RFC 8323, 5.6"
  ) { link, _ in
    link.send([capabilities(), ProbeMessage(.abort)])
    while let message = link.receiveAnswer() {
      if message.code == .abort { return .violates("Abort in answer to Abort") }
    }
    return link.waitForEnd() ? .conforms("end") : .violates("it stays connected")
  },
  ProbeCase(
    "client-unknown-signal", ["S-08"], sends: "CSM, 7.31",
    rule: "What a signalling code means that is not known cannot be guessed: Abort (not said by the RFC).",
    "our choice"
  ) { link, _ in
    link.send([capabilities(), ProbeMessage(Code(rawValue: 0xff))])
    let finding = link.judgeAbortPastRequests()
    return finding.verdict == .violates ? .differs(finding.got) : finding
  },
]

extension ProbeLink {
  /// The first request of a client, after our CSM.
  func awaitRequest() -> ProbeMessage? {
    send(capabilities())
    while let message = receiveAnswer() { if message.code.isRequest { return message } }
    return nil
  }

  /// As ``judgeAbort(option:orEnd:)``, with the client's own requests in between.
  func judgeAbortPastRequests(option: UInt32? = nil) -> Finding { judgeAbort(option: option) }
}

func clientAbort(
  _ name: String, _ rows: [String], _ sends: String, _ pieces: [[UInt8]], _ rule: String, _ section: String,
  layer: ProbeLayer = .stream, option: UInt32? = nil
) -> ProbeCase {
  ProbeCase(name, rows, sends: sends, rule: rule, section, layer: layer) { link, _ in
    link.send(pieces.flatMap { $0 })
    return link.judgeAbortPastRequests(option: option)
  }
}
