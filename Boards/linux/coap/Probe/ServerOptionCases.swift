import DeviceCore

/// Options, payloads and blocks of requests that change nothing (RFC 7252, 7641, 7959, 7967, 8974).
let optionCases: [ProbeCase] = [
  answered(
    "elective-bad-length", ["X-23"], "GET with an ETag of 9 bytes", [(4, [UInt8](repeating: 1, count: 9))],
    [.content], "A value of another length than is defined makes an elective option ignored.",
    "RFC 7252, 5.4.3"),
  answered(
    "uri-host-empty", ["X-23"], "GET with an empty Uri-Host", [(3, [])], [.badOption],
    "A value of another length than is defined makes a critical option unrecognised: 4.02.",
    "RFC 7252, 5.4.3"),
  answered(
    "if-match-on-get", ["X-35"], "GET with an If-Match of a tag that it does not have",
    [(1, [1, 2, 3, 4, 5, 6, 7, 8])], [.preconditionFailed, .badOption],
    "A condition that is not fulfilled is 4.12, an option that is not recognised 4.02.", "RFC 7252, 5.10.8",
    or: [.content]),
  answered(
    "leading-zeros", ["X-11"], "GET with an Accept of 0000", [(17, [0, 0])], [.content, .notAcceptable],
    "Leading zeros of a number are accepted.", "RFC 7252, 3.2"),
  answered(
    "oscore", ["X-20"], "GET with OSCORE, which there is no key for", [(9, [1])],
    [.badOption, .unauthorized],
    "Who does not know OSCORE answers 4.02, who has no such key 4.01.", "RFC 8613, 8.2", or: [.badRequest]),
  answered(
    "payload-on-get", ["X-26"], "GET with a payload", [], [.content],
    "A payload where none is defined is ignored.", "RFC 7252, 5.5", payload: Array("ignored".utf8)),
  answered(
    "no-response-2", ["N-01", "N-02"], "GET with No-Response for 4.xx and 5.xx", [(258, [24])], [.content],
    "A response that was not excluded is sent.", "RFC 7967, 2.1"),
  answered(
    "block2-twice", ["BL-02"], "GET with Block2 twice", [(23, [2]), (23, [2])], [.badOption],
    "A critical option that may come once and comes twice is unrecognised: 4.02.", "RFC 7252, 5.4.5"),
  answered(
    "etag-many", ["X-34"], "GET with three ETags that it does not have",
    [(4, [1]), (4, [2, 2]), (4, [3, 3, 3])], [.content], "Without a tag that matches the answer is 2.05.",
    "RFC 7252, 5.10.6"),
  ProbeCase(
    "no-response", ["N-01"], sends: "GET with No-Response for 2.xx, then Ping",
    rule: "Who knows No-Response sends no 2.xx; others answer.", "RFC 7967, 2.1"
  ) { link, subject in
    _ = link.begin()
    link.send([request(subject.path, [(258, [2])]), ProbeMessage(.ping, token: [1])])
    var isAnswered = false
    var isAlive = false
    while let message = link.receiveAnswer(within: isAlive ? Milliseconds(300) : nil) {
      if message.code == .pong { isAlive = true }
      if message.code.isResponse {
        isAnswered = true
        if !message.code.isSuccess { return .violates(message.code.dotted) }
      }
    }
    guard isAlive else { return .violates("no Pong") }
    return .conforms(isAnswered ? "an answer: it does not know the option" : "no answer")
  },
  ProbeCase(
    "option-beyond-65535", ["X-54"], sends: "GET with option number 65804",
    rule: "Option numbers end at 65535; more is a format error (not said by the RFC).", "our choice",
    layer: .stream
  ) { link, _ in
    _ = link.begin()
    // 65535 + 269, and no value.
    link.send([0x31, 0x01, 0x42, 0xe0, 0xff, 0xff])
    let finding = link.judgeAbort()
    return finding.verdict == .violates ? .differs(finding.got) : finding
  },
  ProbeCase(
    "marker-within-value", ["X-09"], sends: "GET with ff within the value of an option",
    rule: "ff is the marker only where an option could begin.", "RFC 7252, 3.1"
  ) { link, subject in
    _ = link.begin()
    link.send(request(subject.path, [(65000, [0xff, 0xff])]))
    return link.judgeAnswer([.content])
  },
  ProbeCase(
    "length-32-bit", ["F-03"], sends: "GET with a payload of 66,000 bytes",
    rule: "Len 15: four more bytes.", "RFC 8323, 3.2"
  ) { link, subject in
    guard subject.largestMessage >= 67_000 else {
      return .skipped("it takes \(subject.largestMessage) bytes at most")
    }
    _ = link.begin()
    link.send(request("not/here", payload: [UInt8](repeating: 0x61, count: 66_000)))
    guard let answer = link.receiveAnswer() else { return .violates("no answer") }
    return answer.token == [0xca, 0xfe] ? .conforms(answer.code.dotted) : .violates(answer.text)
  },
  ProbeCase(
    "length-beyond-32-bit", ["F-06"], sends: "the header of a message of 65805 + 2^32 - 1 bytes",
    rule: "A length that is too large is refused, whatever its sum.", "RFC 8323, 3.2", layer: .stream
  ) { link, _ in
    _ = link.begin()
    link.send([0xf1, 0xff, 0xff, 0xff, 0xff, 0x01, 0x42])
    return link.judgeAbort(orEnd: true)
  },
  ProbeCase(
    "largest-message", ["C-07"], sends: "GET of exactly the size that it takes",
    rule: "A message of Max-Message-Size bytes is taken.", "RFC 8323, 5.3.1"
  ) { link, subject in
    let size = Int(subject.largestMessage)
    guard (64...1 << 20).contains(size) else { return .skipped("it takes \(size) bytes") }
    _ = link.begin()
    var fill = max(1, size - request("not/here", payload: [1]).encoded().count)
    while request("not/here", payload: [UInt8](repeating: 0x61, count: fill)).encoded().count > size {
      fill -= 1
    }
    link.send(request("not/here", payload: [UInt8](repeating: 0x61, count: fill)))
    guard let answer = link.receiveAnswer() else { return .violates(link.isEnded ? "it ends" : "no answer") }
    return answer.token == [0xca, 0xfe] ? .conforms(answer.code.dotted) : .violates(answer.text)
  },
  ProbeCase(
    "long-token", ["ET-01", "ET-05"], sends: "GET with a token of 13 bytes",
    rule: "Tokens as long as were announced are echoed.", "RFC 8974, 2.1"
  ) { link, subject in
    guard subject.longestToken >= 13, !subject.isWebSocket else { return .skipped("it has announced none") }
    _ = link.begin()
    let token = [UInt8](1...13)
    let body = request("not/here", token: []).encoded()
    link.send([body[0] | 13, body[1], 0] + token + body[2...])
    return link.judgeAnswer([.notFound], token: token)
  },
  ProbeCase(
    "block2-whole-body", ["BL-05", "B-01"], sends: "GETs with Block2, block by block",
    rule: "The blocks one after the other are the body.", "RFC 7959, 2.4"
  ) { link, subject in
    guard let path = subject.largePath else { return .skipped("no resource of more than 64 bytes") }
    _ = link.begin()
    var body: [UInt8] = []
    for number in 0..<UInt32(600) {
      link.send(request(path, token: shortest(0x0100 + number), [(23, shortest(number << 4 | 2))]))
      guard let answer = link.receiveAnswer() else { return .violates("no answer to block \(number)") }
      guard answer.code == .content, let block = answer.uint(23) else {
        return number == 0 ? .differs("\(answer.code.dotted) without Block2") : .violates(answer.text)
      }
      if block & 7 != 2 || block >> 4 != number { return .violates("Block2 \(block) for block \(number)") }
      body += answer.payload
      if block & 8 == 0 { return .conforms("\(body.count) bytes in \(number + 1) blocks") }
      if answer.payload.count != 64 { return .violates("a block of \(answer.payload.count) bytes") }
    }
    return .conforms("the first \(body.count) bytes")
  },
  ProbeCase(
    "bert", ["B-02", "B-06"], sends: "CSM for 4,000 bytes, GET with Block2 of SZX 7",
    rule: "A block of SZX 7 that is not the last has a multiple of 1024 bytes.", "RFC 8323, 6"
  ) { link, subject in
    guard let path = subject.largePath, subject.hasBlocks else { return .skipped("it does not say blocks") }
    _ = link.begin(capabilities(size: 4000))
    link.send(request(path, [(23, [7])]))
    guard let answer = link.receiveAnswer() else { return .violates("no answer") }
    if answer.bytes.count > 4000 { return .violates("a message of \(answer.bytes.count) bytes") }
    guard let block = answer.uint(23) else { return .conforms("\(answer.code.dotted), no block") }
    let isPart = block & 8 != 0
    let unit = block & 7 == 7 ? 1024 : 1 << (Int(block & 7) + 4)
    let isWrong = block & 7 == 7 ? answer.payload.count % 1024 != 0 : answer.payload.count != unit
    return isPart && (isWrong || answer.payload.isEmpty)
      ? .violates("SZX \(block & 7), \(answer.payload.count) bytes")
      : .conforms("SZX \(block & 7), \(answer.payload.count) bytes")
  },
  ProbeCase(
    "block2-beyond", ["BL-02"], sends: "GET with Block2 of number 1048575",
    rule: "A block that is not there is an error.", "RFC 7959, 2.4"
  ) { link, subject in
    guard let path = subject.largePath else { return .skipped("no resource of more than 64 bytes") }
    _ = link.begin()
    link.send(request(path, [(23, [0xff, 0xff, 0xf2])]))
    guard let answer = link.receiveAnswer() else { return .violates("no answer") }
    return answer.code.isSuccess ? .differs(answer.text) : .conforms(answer.code.dotted)
  },
  ProbeCase(
    "observe-again", ["OB-03"], sends: "the same registration twice, then its end",
    rule: "A second registration with the same token takes the place of the first.", "RFC 7641, 4.1"
  ) { link, subject in
    guard let path = subject.observablePath else { return .skipped("nothing can be observed") }
    _ = link.begin()
    for _ in 0..<2 {
      link.send(request(path, [(6, [])]))
      guard let answer = link.receiveAnswer() else { return .violates("no answer") }
      if answer.values(6).isEmpty { return .differs("\(answer.code.dotted) without Observe") }
    }
    link.send(request(path, [(6, [1])]))
    while let next = link.receiveAnswer() {
      if next.values(6).isEmpty {
        // Whatever still comes belongs to a registration that is left.
        let rest = link.receiveAnswer(within: Milliseconds(700))
        return rest == nil ? .conforms("one registration") : .violates("it goes on: \(rest!.code.dotted)")
      }
    }
    return .violates("the end is not answered")
  },
  ProbeCase(
    "observe-not-found", ["OB-07"], sends: "GET with Observe 0 for a path that is not there",
    rule: "An error has no Observe.", "RFC 7641, 4.2"
  ) { link, _ in
    _ = link.begin()
    link.send(request("not/here/7f3a", [(6, [])]))
    guard let answer = link.receiveAnswer() else { return .violates("no answer") }
    return answer.values(6).isEmpty
      ? .conforms(answer.code.dotted) : .violates("\(answer.code.dotted) with Observe")
  },
]

private func answered(
  _ name: String, _ rows: [String], _ sends: String, _ options: [(Int, [UInt8])], _ codes: [Code],
  _ rule: String, _ section: String, payload: [UInt8] = [], or tolerated: [Code] = []
) -> ProbeCase {
  ProbeCase(name, rows, sends: sends, rule: rule, section) { link, subject in
    _ = link.begin()
    link.send(request(subject.path, options, payload: payload))
    return link.judgeAnswer(codes, or: tolerated)
  }
}
