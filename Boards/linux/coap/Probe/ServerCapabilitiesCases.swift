import DeviceCore

/// More of what Capabilities and signalling messages may be (RFC 8323 sections 5.2 to 5.6).
let capabilitiesCases: [ProbeCase] = [
  ProbeCase(
    "ping-before-csm", ["T-07"], sends: "Ping without a CSM",
    rule: "A connection whose first message is no CSM is aborted.", "RFC 8323, 3.3"
  ) { link, _ in
    link.send(ProbeMessage(.ping, token: [1]))
    while let message = link.receiveAnswer() {
      if message.code == .pong { return .violates("Pong") }
      if message.code == .abort { return .conforms("Abort") }
    }
    return link.isEnded ? .conforms("end") : .violates("nothing, and it stays connected")
  },
  ProbeCase(
    "csm-bad-length", ["T-08", "C-19"], sends: "CSM, Max-Message-Size of 9 bytes",
    rule: "A CSM that cannot be processed ends the connection; Abort names the option.", "RFC 8323, 5.3"
  ) { link, _ in
    link.send(ProbeMessage(.capabilitiesAndSettings, options: [(2, [UInt8](repeating: 1, count: 9))]))
    let finding = link.judgeAbort(option: 2)
    // RFC 7252 section 5.4.3 would have an elective option ignored.
    return finding.verdict == .violates ? .differs(finding.got) : finding
  },
  malformedCSM,
  ProbeCase(
    "csm-option-twice", ["C-04", "X-25"], sends: "CSM with Max-Message-Size twice",
    rule: "An elective option that is repeated and may not be is ignored.", "RFC 7252, 5.4.5"
  ) { link, _ in
    link.send(ProbeMessage(.capabilitiesAndSettings, options: [(2, [16, 0]), (2, [32, 0])]))
    return link.judgeIgnored()
  },
  ProbeCase(
    "csm-size-largest", ["C-10"], sends: "CSM, Max-Message-Size ffffffff",
    rule: "Max-Message-Size has up to four bytes.", "RFC 8323, 5.3.1"
  ) { link, _ in
    link.send(ProbeMessage(.capabilitiesAndSettings, options: [(2, [255, 255, 255, 255]), (4, [])]))
    return link.judgeIgnored()
  },
  ProbeCase(
    "csm-size-zero", ["C-12"], sends: "CSM, Max-Message-Size 0, then a GET",
    rule: "No message is larger than the peer's Max-Message-Size.", "RFC 8323, 5.3.1"
  ) { link, subject in
    link.send(ProbeMessage(.capabilitiesAndSettings, options: [(2, [])]))
    link.send(request(subject.path))
    guard let answer = link.receiveAnswer() else { return .conforms(link.isEnded ? "end" : "nothing") }
    // Whoever says so cannot want an answer; what to do with a request then, no RFC tells.
    return .differs("a message of \(answer.bytes.count) bytes")
  },
  ProbeCase(
    "csm-accumulates", ["C-03", "C-05"], sends: "Max-Message-Size 64, a CSM without options, a GET",
    rule: "What a later CSM does not repeat stays in force.", "RFC 8323, 5.3"
  ) { link, subject in
    guard let path = subject.largePath else { return .skipped("no resource of more than 64 bytes") }
    _ = link.begin(capabilities(size: 64))
    link.send([ProbeMessage(.capabilitiesAndSettings), request(path)])
    guard let answer = link.receiveAnswer() else { return .violates(link.isEnded ? "it ends" : "no answer") }
    return answer.bytes.count <= 64
      ? .conforms("\(answer.bytes.count) bytes") : .violates("a message of \(answer.bytes.count) bytes")
  },
  ProbeCase(
    "csm-lowers-size", ["C-09", "C-16"], sends: "Max-Message-Size 65536, then 64, and a GET",
    rule: "The newest Max-Message-Size counts.", "RFC 8323, 5.3.1"
  ) { link, subject in
    guard let path = subject.largePath else { return .skipped("no resource of more than 64 bytes") }
    _ = link.begin()
    link.send([capabilities(size: 64), request(path)])
    guard let answer = link.receiveAnswer() else { return .violates(link.isEnded ? "it ends" : "no answer") }
    return answer.bytes.count <= 64
      ? .conforms("\(answer.bytes.count) bytes") : .violates("a message of \(answer.bytes.count) bytes")
  },
  ProbeCase(
    "ping-empty-token", ["P-01"], sends: "Ping without a token", rule: "A Pong has the token of its Ping.",
    "RFC 8323, 5.4"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(.ping))
    guard let pong = link.receiveAnswer(), pong.code == .pong else { return .violates("no Pong") }
    return pong.token.isEmpty ? .conforms("Pong") : .violates("Pong with the token \(hex(pong.token))")
  },
  ProbeCase(
    "ping-token-8", ["P-01"], sends: "Ping with a token of 8 bytes",
    rule: "A Pong has the token of its Ping.", "RFC 8323, 5.4"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(.ping, token: [1, 2, 3, 4, 5, 6, 7, 8]))
    guard let pong = link.receiveAnswer(), pong.code == .pong else { return .violates("no Pong") }
    return pong.token == [1, 2, 3, 4, 5, 6, 7, 8]
      ? .conforms("Pong") : .violates("Pong with the token \"\(hex(pong.token))\"")
  },
  ProbeCase(
    "ping-payload", ["S-03"], sends: "Ping with a payload",
    rule: "A payload of a signalling message is a text for people.", "RFC 8323, 5.1"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(.ping, token: [1], payload: Array("hello".utf8)))
    guard let pong = link.receiveAnswer(), pong.code == .pong else { return .violates("no Pong") }
    return .conforms("Pong")
  },
  ProbeCase(
    "pong-unasked", ["P-09"], sends: "Pong that answers nothing", rule: "It is no error.", "our choice"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(.pong, token: [9]))
    let finding = link.judgeIgnored()
    return finding.verdict == .violates ? .differs(finding.got) : finding
  },
  ProbeCase(
    "release-options", ["R-02", "R-09", "R-12"],
    sends: "Release with Alternative-Address, Hold-Off and a text",
    rule: "The receiver of a Release closes the connection.", "RFC 8323, 5.5"
  ) { link, _ in
    _ = link.begin()
    link.send(
      ProbeMessage(
        .release, options: [(2, Array("198.51.100.1:5683".utf8)), (4, [10])], payload: Array("bye".utf8)))
    return link.waitForEnd() ? .conforms("end") : .violates("it stays connected")
  },
  ProbeCase(
    "release-bad-options", ["R-13", "S-06"],
    sends: "Release with a Hold-Off of 5 bytes and an unknown option",
    rule: "Elective options that make no sense are ignored.", "RFC 7252, 5.4.3"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(.release, options: [(4, [1, 2, 3, 4, 5]), (20, [])]))
    return link.waitForEnd() ? .conforms("end") : .violates("it stays connected")
  },
  ProbeCase(
    "release-critical-option", ["S-05"], sends: "Release with the unknown option 17",
    rule: "An unknown critical option in a signalling message ends the connection.", "RFC 8323, 5.2"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(.release, options: [(17, [])]))
    return link.waitForEnd() ? .conforms("end") : .violates("it stays connected")
  },
  ProbeCase(
    "abort-options", ["A-08", "S-05"], sends: "Abort with Bad-CSM-Option and the unknown option 17",
    rule: "An Abort is not answered, and ends the connection.", "RFC 8323, 5.6"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(.abort, options: [(2, [17]), (17, [])], payload: Array("no".utf8)))
    // The rule for critical options asks for an Abort, the sense of one for silence.
    if let message = link.receiveAnswer() {
      let text = "it answers \(message.code.dotted)"
      return message.code == .abort ? .differs(text) : .violates(text)
    }
    return link.waitForEnd() ? .conforms("end") : .violates("it stays connected")
  },
  ProbeCase(
    "unknown-signal-7.00", ["S-08"], sends: "7.00",
    rule: "What a signalling code means that is not known cannot be guessed: Abort (not said by the RFC).",
    "our choice"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(Code(rawValue: 0xe0)))
    let finding = link.judgeAbort()
    return finding.verdict == .violates ? .differs(finding.got) : finding
  },
  ProbeCase(
    "half-close", ["T-18"], sends: "GET, and the end of our side",
    rule: "What was asked before the end of the stream is answered while the other direction is open.",
    "our choice", layer: .stream
  ) { link, subject in
    _ = link.begin()
    link.send(request(subject.path))
    link.finishWriting()
    guard let answer = link.receiveAnswer() else { return .differs("the request is lost") }
    return answer.code.isResponse ? .conforms(answer.code.dotted) : .differs(answer.text)
  },
]

private let malformedCSM = ProbeCase(
  "csm-malformed", ["T-08", "A-07"], sends: "CSM with the delta nibble 15",
  rule: "A format error is answered with Abort.", "RFC 8323, 5.6", layer: .stream
) { link, _ in
  link.send([0x20, 0xe1, 0xf1, 0x61])
  return link.judgeAbort()
}
