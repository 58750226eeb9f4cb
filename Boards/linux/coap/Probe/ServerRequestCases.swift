import DeviceCore

/// Requests, options, blocks and observations (RFC 7252 and its companions).
let requestCases: [ProbeCase] = [
  token("token-empty", []), token("token-1", [7]), token("token-8", [UInt8](1...8)),
  ProbeCase(
    "same-token-twice", ["X-13"], sends: "two GETs with one token", rule: "Each request is answered.",
    "RFC 7252, 5.3.1"
  ) { link, subject in
    _ = link.begin()
    link.send([request(subject.path), request(subject.path)])
    let answers = [link.receiveAnswer(), link.receiveAnswer()].compactMap { $0 }
    // Nobody should do this: a token that is in use is not used again.
    return answers.count == 2 ? .conforms("2 answers") : .differs("\(answers.count) answers")
  },
  code(
    "unknown-critical-option", ["X-20"], "GET with the unknown option 65001", [(65001, [1])], [.badOption],
    rule: "A request with an unknown critical option gets 4.02.", "RFC 7252, 5.4.1"),
  code(
    "unknown-elective-option", ["X-19"], "GET with the unknown option 65000", [(65000, [1])], [.content],
    rule: "An unknown elective option is ignored.", "RFC 7252, 5.4.1"),
  code(
    "option-twice", ["X-25"], "GET with Accept twice", [(17, []), (17, [])], [.badOption],
    rule: "A critical option that may come once and comes twice is unrecognised: 4.02.", "RFC 7252, 5.4.5"),
  code(
    "option-too-long", ["X-23"], "GET with an Accept of 3 bytes", [(17, [0, 0, 50])], [.badOption],
    rule: "A value of another length than is defined makes a critical option unrecognised: 4.02.",
    "RFC 7252, 5.4.3"),
  code(
    "accept", ["X-32"], "GET with Accept 65001", [(17, [0xfd, 0xe9])], [.notAcceptable],
    rule: "A format that cannot be had is 4.06.", "RFC 7252, 5.10.4"),
  code(
    "proxy-uri", ["X-38"], "GET with Proxy-Uri", [(35, Array("coap://198.51.100.1/x".utf8))],
    [.proxyingNotSupported],
    rule: "Who is no proxy answers 5.05.", "RFC 7252, 5.10.2"),
  ProbeCase(
    "not-found", ["X-27"], sends: "GET for a path that is not there", rule: "4.04.", "RFC 7252, 5.9.2.5"
  ) { link, _ in
    _ = link.begin()
    link.send(request("not/here/7f3a"))
    return link.judgeAnswer([.notFound])
  },
  ProbeCase(
    "unknown-method", ["X-28"], sends: "0.31", rule: "A method that is not known gets 4.05.", "RFC 7252, 5.8"
  ) { link, subject in
    _ = link.begin()
    link.send(request(Code(rawValue: 31), subject.path))
    return link.judgeAnswer([.methodNotAllowed], or: [.notImplemented])
  },
  ProbeCase(
    "diagnostic-payload", ["X-21"], sends: "GET with the unknown option 65001",
    rule: "4.02 says in words which option it is.", "RFC 7252, 5.4.1"
  ) { link, subject in
    _ = link.begin()
    link.send(request(subject.path, [(65001, [1])]))
    guard let answer = link.receiveAnswer(), answer.code == .badOption else { return .skipped("no 4.02") }
    if !answer.values(65001).isEmpty { return .differs("the option itself comes back") }
    return answer.payload.isEmpty
      ? .differs("no text") : .conforms(String(decoding: answer.payload, as: UTF8.self))
  },
  ProbeCase(
    "discovery", ["LF-01"], sends: "GET /.well-known/core", rule: "2.05 with links in the format 40.",
    "RFC 6690, 4"
  ) { link, _ in
    _ = link.begin()
    link.send(request(".well-known/core"))
    guard let answer = link.receiveAnswer() else { return .violates("no answer") }
    guard answer.code == .content else { return .violates(answer.code.dotted) }
    return answer.uint(12) == 40
      ? .conforms("2.05, format 40") : .violates("format \(answer.uint(12).map(String.init) ?? "none")")
  },
  ProbeCase(
    "discovery-filter", ["LF-02", "LF-09"], sends: "GET /.well-known/core?rt=no-such-type",
    rule: "A filter that matches nothing gives an empty list; who has no filters gives all.", "RFC 6690, 4.1"
  ) { link, _ in
    _ = link.begin()
    link.send(request(".well-known/core", [(15, Array("rt=no-such-type".utf8))]))
    guard let answer = link.receiveAnswer() else { return .violates("no answer") }
    if answer.code == .content { return .conforms(answer.payload.isEmpty ? "an empty list" : "all links") }
    return answer.code == .notFound ? .differs("4.04") : .violates(answer.code.dotted)
  },
  ProbeCase(
    "etag", ["X-29", "X-34"], sends: "GET with the ETag that came before",
    rule: "2.03 with an ETag and no payload.",
    "RFC 7252, 5.9.1.3"
  ) { link, subject in
    _ = link.begin()
    link.send(request(subject.largePath ?? subject.path))
    guard let first = link.receiveAnswer(), let eTag = first.values(4).first else {
      return .skipped("it has no ETag")
    }
    link.send(request(subject.largePath ?? subject.path, token: [2], [(4, eTag)]))
    guard let second = link.receiveAnswer() else { return .violates("no answer") }
    guard second.code == .valid else { return .conforms("\(second.code.dotted): it may answer in full") }
    let isRight = second.payload.isEmpty && second.values(4).first == eTag
    return isRight ? .conforms("2.03") : .violates(second.text)
  },
  ProbeCase(
    "hop-limit", ["H-01"], sends: "GET with Hop-Limit 0", rule: "Hop-Limit 0 gets 4.00.", "RFC 8768, 3"
  ) { link, subject in
    _ = link.begin()
    link.send(request(subject.path, [(16, [0])]))
    guard let answer = link.receiveAnswer() else { return .violates("no answer") }
    return answer.code == .badRequest ? .conforms("4.00") : .differs(answer.code.dotted)
  },
  ProbeCase(
    "block2", ["BL-05", "B-01"], sends: "GET with Block2 0/16 bytes",
    rule: "The answer has blocks of this size, or smaller ones.", "RFC 7959, 2.4"
  ) { link, subject in
    guard let path = subject.largePath else { return .skipped("no resource of more than 64 bytes") }
    _ = link.begin()
    link.send(request(path, [(23, [])]))
    guard let answer = link.receiveAnswer() else { return .violates("no answer") }
    guard let block = answer.uint(23) else { return .differs("\(answer.code.dotted) without Block2") }
    let isBlock = block & 7 == 0 && block & 8 != 0 && block >> 4 == 0 && answer.payload.count == 16
    return isBlock
      ? .conforms("16 bytes, more to come") : .violates("Block2 \(block), \(answer.payload.count) bytes")
  },
  ProbeCase(
    "bert-not-announced", ["B-11"], sends: "CSM without Block-Wise-Transfer, GET with Block2 of SZX 7",
    rule: "Nobody sends SZX 7 to a peer that has not said that it takes it.", "RFC 8323, 6"
  ) { link, subject in
    guard let path = subject.largePath else { return .skipped("no resource of more than 64 bytes") }
    _ = link.begin(capabilities(size: nil, blocks: false))
    link.send(request(path, [(23, [7])]))
    guard let answer = link.receiveAnswer() else { return .violates("no answer") }
    if let block = answer.uint(23), block & 7 == 7 { return .violates("Block2 with SZX 7") }
    return .conforms(answer.code.dotted)
  },
  ProbeCase(
    "observe", ["OB-06", "OB-07", "O-08"], sends: "GET with Observe 0, then with Observe 1",
    rule: "A registration is answered with Observe, its end without.", "RFC 7641, 4"
  ) { link, subject in
    guard let path = subject.observablePath else { return .skipped("nothing can be observed") }
    _ = link.begin()
    link.send(request(path, [(6, [])]))
    guard let first = link.receiveAnswer() else { return .violates("no answer") }
    guard first.code.isSuccess, !first.values(6).isEmpty else {
      return .differs("\(first.code.dotted) without Observe")
    }
    link.send(request(path, [(6, [1])]))
    while let next = link.receiveAnswer() {
      if next.token != [0xca, 0xfe] { return .violates("another token") }
      if next.values(6).isEmpty { return .conforms("registered, and ended") }
    }
    return .violates("the end is not answered")
  },
]

private func token(_ name: String, _ bytes: [UInt8]) -> ProbeCase {
  ProbeCase(
    name, ["X-13"], sends: "GET with a token of \(bytes.count) bytes",
    rule: "The token comes back unchanged.",
    "RFC 7252, 5.3.1"
  ) { link, subject in
    _ = link.begin()
    link.send(request(subject.path, token: bytes))
    return link.judgeAnswer([.content], token: bytes)
  }
}

private func code(
  _ name: String, _ rows: [String], _ sends: String, _ options: [(Int, [UInt8])], _ codes: [Code],
  rule: String,
  _ section: String
) -> ProbeCase {
  ProbeCase(name, rows, sends: sends, rule: rule, section) { link, subject in
    _ = link.begin()
    link.send(request(subject.path, options))
    return link.judgeAnswer(codes)
  }
}
