import DeviceCore

private let pattern = [UInt8](0..<64)

/// Capabilities, health and the end of a connection (RFC 8323 sections 3.3, 3.4 and 5).
let signalCases: [ProbeCase] = [
  ProbeCase(
    "csm-first", ["T-01", "C-01"], sends: "CSM", rule: "The first message on a connection is a CSM.",
    "RFC 8323, 3.3"
  ) { link, _ in
    link.send(capabilities())
    guard let first = link.receive() else { return .violates(link.isEnded ? "it ends" : "nothing") }
    return first.code == .capabilitiesAndSettings ? .conforms(first.text) : .violates(first.text)
  },
  ProbeCase(
    "csm-and-request", ["T-05"], sends: "CSM and GET in one piece",
    rule: "A client may send requests right behind its own CSM.", "RFC 8323, 3.3"
  ) { link, subject in
    link.send([capabilities(), request(subject.path)])
    return link.judgeAnswer([.content])
  },
  ProbeCase(
    "request-before-csm", ["T-07"], sends: "GET without a CSM",
    rule: "A connection whose first message is no CSM is aborted.", "RFC 8323, 3.3"
  ) { link, subject in
    link.send(request(subject.path))
    return link.judgeAbort(orEnd: true)
  },
  ProbeCase(
    "empty-before-csm", ["L-02"], sends: "Empty, then CSM", rule: "An Empty message is ignored, at any time.",
    "RFC 8323, 3.4"
  ) { link, _ in
    link.send([ProbeMessage(.empty), capabilities()])
    return link.judgeIgnored()
  },
  ProbeCase("empty", ["L-02"], sends: "Empty", rule: "An Empty message is ignored.", "RFC 8323, 3.4") {
    link, _ in
    _ = link.begin()
    link.send(ProbeMessage(.empty))
    return link.judgeIgnored()
  },
  ProbeCase(
    "csm-critical-option", ["S-05", "C-19", "A-05"], sends: "CSM with the unknown option 17",
    rule: "An unknown critical option in a CSM ends the connection; Abort names it in Bad-CSM-Option.",
    "RFC 8323, 5.2"
  ) { link, _ in
    link.send(ProbeMessage(.capabilitiesAndSettings, options: [(17, [1])]))
    return link.judgeAbort(option: 17)
  },
  ProbeCase(
    "csm-elective-option", ["S-06"], sends: "CSM with the unknown option 20",
    rule: "Unknown elective options of signalling messages are ignored.", "RFC 8323, 5.2"
  ) { link, _ in
    link.send(ProbeMessage(.capabilitiesAndSettings, options: [(20, [1])]))
    return link.judgeIgnored()
  },
  ProbeCase(
    "csm-token-payload", ["C-21", "S-03"], sends: "CSM with a token and a payload",
    rule: "A payload of a signalling message is a text for people.", "RFC 8323, 5.1"
  ) { link, _ in
    link.send(
      ProbeMessage(.capabilitiesAndSettings, token: [4], options: [(4, [])], payload: Array("hello".utf8)))
    return link.judgeIgnored()
  },
  ProbeCase(
    "csm-leading-zeros", ["C-10", "X-11"], sends: "CSM, Max-Message-Size 00000480",
    rule: "Leading zeros of a number are accepted.", "RFC 7252, 3.2"
  ) { link, _ in
    link.send(ProbeMessage(.capabilitiesAndSettings, options: [(2, [0, 0, 4, 128])]))
    return link.judgeIgnored()
  },
  ProbeCase(
    "csm-again", ["C-02"], sends: "a second and a third CSM", rule: "Further CSMs may come at any time.",
    "RFC 8323, 5.3"
  ) { link, _ in
    _ = link.begin()
    link.send([capabilities(size: 2000), ProbeMessage(.capabilitiesAndSettings)])
    return link.judgeIgnored()
  },
  ProbeCase(
    "ping-token", ["P-01"], sends: "Ping with the token aabb", rule: "A Pong has the token of its Ping.",
    "RFC 8323, 5.4"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(.ping, token: [0xaa, 0xbb]))
    guard let pong = link.receiveAnswer() else { return .violates("no Pong") }
    guard pong.code == .pong else { return .violates(pong.text) }
    return pong.token == [0xaa, 0xbb]
      ? .conforms("Pong aabb") : .violates("Pong with the token \"\(hex(pong.token))\"")
  },
  ProbeCase(
    "ping-custody", ["P-07", "P-08"], sends: "Ping with Custody", rule: "It is answered by a Pong.",
    "RFC 8323, 5.4.1"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(.ping, options: [(2, [])]))
    guard let pong = link.receiveAnswer(), pong.code == .pong else { return .violates("no Pong") }
    return .conforms(pong.values(2).isEmpty ? "Pong" : "Pong with Custody")
  },
  ProbeCase(
    "ping-without-custody", ["P-05"], sends: "Ping without Custody, behind a GET",
    rule: "Custody in a Pong promises that what came before has been processed.", "RFC 8323, 5.4.1"
  ) { link, subject in
    _ = link.begin()
    link.send([request(subject.path), ProbeMessage(.ping, token: [1])])
    var hasAnswered = false
    while let message = link.receiveAnswer() {
      if message.code.isResponse { hasAnswered = true }
      guard message.code == .pong else { continue }
      let isPromise = !message.values(2).isEmpty && !hasAnswered
      return isPromise ? .violates("Custody before the answer") : .conforms("Pong")
    }
    return .violates("no Pong")
  },
  ProbeCase(
    "ping-elective-option", ["P-03", "S-06"], sends: "Ping with the unknown option 20",
    rule: "Unknown elective options of a Ping are ignored.", "RFC 8323, 5.4"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(.ping, token: [1], options: [(20, [])]))
    guard let pong = link.receiveAnswer(), pong.code == .pong else { return .violates("no Pong") }
    return .conforms("Pong")
  },
  ProbeCase(
    "ping-critical-option", ["S-05"], sends: "Ping with the unknown option 17",
    rule: "An unknown critical option in a signalling message ends the connection.", "RFC 8323, 5.2"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(.ping, token: [1], options: [(17, [])]))
    return link.judgeAbort()
  },
  ProbeCase(
    "unknown-signal", ["S-08"], sends: "7.31",
    rule: "What a signalling code means that is not known cannot be guessed: Abort (not said by the RFC).",
    "our choice"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(Code(rawValue: 0xff)))
    let finding = link.judgeAbort()
    return finding.verdict == .violates ? .differs(finding.got) : finding
  },
  ProbeCase(
    "release", ["R-03"], sends: "Release", rule: "The receiver of a Release closes the connection.",
    "RFC 8323, 5.5"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(.release))
    return link.waitForEnd() ? .conforms("end") : .violates("it stays connected")
  },
  ProbeCase(
    "release-behind-request", ["R-05"], sends: "GET and Release in one piece",
    rule: "What was asked before a Release is answered before the end.", "RFC 8323, 5.5"
  ) { link, subject in
    _ = link.begin()
    link.send([request(subject.path), ProbeMessage(.release)])
    let answer = link.receiveAnswer()
    guard answer?.code.isResponse == true else { return .differs("the request is lost") }
    return link.waitForEnd() ? .conforms("\(answer!.code.dotted), end") : .violates("it stays connected")
  },
  ProbeCase(
    "abort", ["A-04", "A-08"], sends: "Abort, and a GET behind it",
    rule: "Behind an Abort nothing is processed, and it is not answered.", "RFC 8323, 5.6"
  ) { link, subject in
    _ = link.begin()
    link.send([ProbeMessage(.abort), request(subject.path)])
    if let message = link.receiveAnswer() { return .violates("it answers \(message.code.dotted)") }
    return link.waitForEnd() ? .conforms("end") : .violates("it stays connected")
  },
  ProbeCase(
    "small-messages", ["C-08", "C-12"],
    sends: "CSM with Max-Message-Size 64, then a GET for something larger",
    rule: "No message is larger than the peer's Max-Message-Size.", "RFC 8323, 5.3.1"
  ) { link, subject in
    guard let path = subject.largePath else { return .skipped("no resource of more than 64 bytes") }
    _ = link.begin(capabilities(size: 64))
    link.send(request(path))
    guard let answer = link.receiveAnswer() else { return .violates(link.isEnded ? "it ends" : "no answer") }
    if answer.bytes.count > 64 { return .violates("a message of \(answer.bytes.count) bytes") }
    return answer.code.isSuccess ? .conforms("\(answer.bytes.count) bytes") : .differs(answer.code.dotted)
  },
]
