import DeviceCore

/// FETCH and PATCH, freshness, the order of answers, and options that must not be together (RFC 8132, 9175, 7252).
let methodCases: [ProbeCase] = [
  ProbeCase(
    "fetch-without-format", ["M-02", "M-04"], sends: "FETCH with a payload and without Content-Format",
    rule: "Without a format FETCH is refused: 4.00 or 4.15, 4.05 where there is no FETCH.", "RFC 8132, 2.3.1"
  ) { link, subject in
    _ = link.begin()
    link.send(request(.fetch, subject.path, payload: Array("?".utf8)))
    return link.judgeAnswer(
      [.badRequest, .unsupportedContentFormat, .methodNotAllowed], or: [.notImplemented])
  },
  ProbeCase(
    "patch-nonsense", ["M-03", "M-04"], sends: "GET, iPATCH in a format that is no patch, GET",
    rule: "A patch that is refused with 4.xx has changed nothing.", "RFC 8132, 3"
  ) { link, subject in
    guard let path = subject.writablePath else { return .skipped("no resource to write to (--writable)") }
    _ = link.begin()
    link.send(request(path, token: [1]))
    let before = link.receiveAnswer()
    // 65000 is for experiments.
    link.send(request(.iPatch, path, token: [2], [(12, [0xfd, 0xe8])], payload: Array("{[".utf8)))
    guard let answer = link.receiveAnswer() else { return .violates(link.isEnded ? "it ends" : "no answer") }
    guard answer.code.codeClass == 4 else {
      return answer.code == .notImplemented ? .differs(answer.code.dotted) : .violates(answer.code.dotted)
    }
    link.send(request(path, token: [3]))
    let after = link.receiveAnswer()
    return before?.code == after?.code && before?.payload == after?.payload
      ? .conforms(answer.code.dotted) : .violates("\(answer.code.dotted), and it has changed")
  },
  ProbeCase(
    "freshness", ["E-03"], sends: "PUT, and again with the Echo that comes, and with another one",
    rule: "Where freshness is asked for, 4.01 has an Echo, and only that one is taken.", "RFC 9175, 2.3"
  ) { link, subject in
    guard let path = subject.writablePath else { return .skipped("no resource to write to (--writable)") }
    _ = link.begin()
    func answer(_ options: [(Int, [UInt8])]) -> ProbeMessage? {
      link.send(request(.put, path, options, payload: Array("1".utf8)))
      return link.receiveAnswer()
    }
    guard let first = answer([]) else { return .violates(link.isEnded ? "it ends" : "no answer") }
    guard first.code == .unauthorized, let echo = first.values(252).first else {
      return .skipped("it asks for no freshness: \(first.code.dotted)")
    }
    guard let stale = answer([(252, [9, 9, 9, 9])]) else { return .violates("no answer") }
    if stale.code != .unauthorized { return .violates("another Echo is taken: \(stale.code.dotted)") }
    guard let fresh = answer([(252, stale.values(252).first ?? echo)]) else { return .violates("no answer") }
    return fresh.code == .unauthorized ? .violates("its own Echo is not taken") : .conforms(fresh.code.dotted)
  },
  dots("dot-segment", ".", "GET with a Uri-Path of one dot"),
  dots("dot-dot-segment", "..", "GET with a Uri-Path of two dots"),
  ProbeCase(
    "proxy-uri-and-path", ["X-39"], sends: "GET with Proxy-Uri and the Uri-Path of a resource",
    rule: "Proxy-Uri takes the place of Uri-Path: this is no request for the resource.", "RFC 7252, 5.10.2"
  ) { link, subject in
    _ = link.begin()
    link.send(request(subject.path, [(35, Array("coap://198.51.100.1/x".utf8))]))
    return link.judgeAnswer([.proxyingNotSupported, .badOption, .badRequest])
  },
  ProbeCase(
    "any-order", ["T-11"], sends: "GET of a slow resource, then of a quick one",
    rule: "Answers may come in any order: who is slow keeps nobody waiting.", "RFC 8323, 3.3"
  ) { link, subject in
    guard let slow = subject.slowPath else { return .skipped("no slow resource (--slow)") }
    _ = link.begin()
    link.send([request(slow, token: [1]), request(subject.path, token: [2])])
    guard let first = link.receiveAnswer() else { return .violates("no answer") }
    guard let second = link.receiveAnswer(within: .seconds(20)) else { return .violates("one answer only") }
    guard Set([first.token, second.token]) == [[1], [2]] else { return .violates(second.text) }
    return first.token == [2] ? .conforms("the quick one first") : .differs("the slow one first")
  },
  ProbeCase(
    "pong-soon", ["P-02"], sends: "GET of a slow resource, then Ping",
    rule: "A Pong does not wait for answers.", "RFC 8323, 5.4"
  ) { link, subject in
    guard let slow = subject.slowPath else { return .skipped("no slow resource (--slow)") }
    _ = link.begin()
    link.send([request(slow, token: [1]), ProbeMessage(.ping, token: [2])])
    guard let first = link.receiveAnswer(within: .seconds(20)) else { return .violates("no Pong") }
    return first.code == .pong ? .conforms("Pong first") : .differs("the answer first")
  },
]

private func dots(_ name: String, _ segment: String, _ sends: String) -> ProbeCase {
  ProbeCase(
    name, ["X-37"], sends: sends, rule: "\".\" and \"..\" are no values of Uri-Path.", "RFC 7252, 5.10.1"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(.get, token: [0xca, 0xfe], options: [(11, Array(segment.utf8))]))
    return link.judgeAnswer([.badOption, .badRequest, .notFound])
  }
}
