import DeviceCore

/// How bytes become messages (RFC 8323 section 3.2, RFC 7252 section 3).
let framingCases: [ProbeCase] = [
  ProbeCase(
    "byte-by-byte", ["F-13"], sends: "GET, one byte at a time", rule: "A stream may be cut anywhere.",
    "RFC 8323, 3.2",
    layer: .stream
  ) { link, subject in
    _ = link.begin()
    link.send(longRequest(subject).encoded(), pieces: 1)
    return link.judgeAnswer([.content])
  },
  ProbeCase(
    "cut-in-header", ["F-13"], sends: "GET, two bytes at a time", rule: "A stream may be cut anywhere.",
    "RFC 8323, 3.2",
    layer: .stream
  ) { link, subject in
    _ = link.begin()
    link.send(longRequest(subject).encoded(), pieces: 2)
    return link.judgeAnswer([.content])
  },
  ProbeCase(
    "pipelined", ["F-01", "T-10"], sends: "100 GETs in one piece, five times",
    rule: "Every request is answered.",
    "RFC 8323, 3.3"
  ) { link, subject in
    _ = link.begin()
    // Of a size with which the one read of 1,472 bytes that some servers do ends within a header.
    let size =
      [30, 35, 42, 49, 70, 98, 105, 147, 210, 245].first { $0 >= longRequest(subject).encoded().count } ?? 0
    // More than once, for where a read ends depends on what else the machine does.
    for round in UInt8(1)...5 {
      link.send((0..<100).map { longRequest(subject, token: [round, UInt8($0)], size: size) })
      var tokens: Set<[UInt8]> = []
      while tokens.count < 100, let answer = link.receiveAnswer() { tokens.insert(answer.token) }
      if tokens.count < 100 { return .violates("\(tokens.count) answers") }
    }
    return .conforms("100 answers")
  },
  ProbeCase(
    "length-8-bit", ["F-03"], sends: "GET with a query of 100 bytes", rule: "Len 13: one more byte.",
    "RFC 8323, 3.2"
  ) { link, subject in
    _ = link.begin()
    link.send(request(subject.path, [(15, Array("q=".utf8) + [UInt8](repeating: 0x61, count: 98))]))
    guard let answer = link.receiveAnswer() else { return .violates("no answer") }
    return answer.token == [0xca, 0xfe] ? .conforms(answer.code.dotted) : .violates(answer.text)
  },
  ProbeCase(
    "length-16-bit", ["F-03"], sends: "GET with queries of 400 bytes", rule: "Len 14: two more bytes.",
    "RFC 8323, 3.2"
  ) { link, subject in
    _ = link.begin()
    let query = (15, Array("q=".utf8) + [UInt8](repeating: 0x61, count: 198))
    link.send(request(subject.path, [query, query]))
    guard let answer = link.receiveAnswer() else { return .violates("no answer") }
    return answer.token == [0xca, 0xfe] ? .conforms(answer.code.dotted) : .violates(answer.text)
  },
  malformed(
    "token-length-9", ["F-09", "X-01"], [0x09, 0x01] + [UInt8](1...9),
    "a token of 9 bytes that was not agreed on",
    "TKL 9 to 14 is a format error unless longer tokens were announced.", "RFC 7252, 3"
  ) { $0.longestToken > 8 },
  malformed(
    "token-length-13", ["F-09", "ET-06"], [0x0d, 0x01, 0x00] + [UInt8](repeating: 7, count: 13),
    "a token of 13 bytes that was not agreed on",
    "TKL 9 to 14 is a format error unless longer tokens were announced.",
    "RFC 8974, 2.2"
  ) { $0.longestToken > 8 },
  malformed(
    "token-length-15", ["ET-02"], [0x0f, 0x01] + [UInt8](repeating: 7, count: 15), "TKL 15",
    "TKL 15 is reserved: a format error.", "RFC 8974, 2.1"),
  malformed(
    "option-delta-15", ["X-07", "A-07"], [0x21, 0x01, 0x42, 0xf1, 0x61], "an option with the delta nibble 15",
    "A delta of 15 is a format error, and that is answered with Abort.", "RFC 7252, 3.1"),
  malformed(
    "option-length-15", ["X-08", "A-07"], [0x21, 0x01, 0x42, 0xbf, 0x61],
    "an option with the length nibble 15",
    "A length of 15 is a format error, and that is answered with Abort.", "RFC 7252, 3.1"),
  malformed(
    "option-beyond-message", ["F-11", "A-07"], [0x21, 0x01, 0x42, 0xb9, 0x61],
    "an option that is longer than its message", "A format error is answered with Abort.", "RFC 8323, 5.6"),
  malformed(
    "marker-without-payload", ["X-02", "A-07"], [0x11, 0x01, 0x42, 0xff],
    "a payload marker and nothing behind it",
    "A marker without payload is a format error.", "RFC 7252, 3"),
  malformed(
    "empty-with-token", ["X-03"], [0x01, 0x00, 0x42], "0.00 with a token",
    "An Empty message has no token and no body.", "RFC 7252, 4.1"),
  ProbeCase(
    "oversize", ["F-12", "C-07"], sends: "the header of a message that is larger than it takes",
    rule: "A message above the own Max-Message-Size is refused from its length alone.", "RFC 8323, 5.3.1",
    layer: .stream
  ) { link, subject in
    guard subject.largestMessage < 0x4000_0000 else { return .skipped("it takes messages of any size") }
    _ = link.begin()
    let (nibble, length) = ProbeMessage.length(max(Int(subject.largestMessage), 65_805) + 1000)
    link.send([nibble << 4 | 1] + length + [0x02, 0x42])
    return link.judgeAbort(orEnd: true)
  },
  ProbeCase(
    "http", ["T-07"], sends: "GET / HTTP/1.1", rule: "What does not begin with a CSM is no CoAP.",
    "RFC 8323, 3.3",
    layer: .stream
  ) { link, _ in
    link.send(Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
    return link.judgeAbort(orEnd: true)
  },
  ProbeCase(
    "unasked-response", ["X-17"], sends: "2.05 that nobody asked for",
    rule: "It matches no request and is dropped.",
    "RFC 7252, 5.3.2"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(.content, token: [9, 9], payload: Array("x".utf8)))
    return link.judgeIgnored()
  },
  reserved("reserved-class-1", 0x21), reserved("reserved-class-6", 0xc1),
]

/// One whose length takes a byte more, so that its header has three.
///
/// - Parameter size: of the whole message, if it fits.
private func longRequest(_ subject: ProbeSubject, token: [UInt8] = [0xca, 0xfe], size: Int = 0)
  -> ProbeMessage
{
  let shortest = request(subject.path, token: token, [(15, Array("q=abcdefghijklm".utf8))])
  let missing = max(0, size - shortest.encoded().count)
  return request(
    subject.path, token: token,
    [(15, Array("q=abcdefghijklm".utf8) + [UInt8](repeating: 0x6e, count: missing))])
}

/// A message against the format, behind which the stream cannot be trusted.
private func malformed(
  _ name: String, _ rows: [String], _ bytes: [UInt8], _ sends: String, _ rule: String, _ section: String,
  unless isAllowed: @escaping @Sendable (ProbeSubject) -> Bool = { _ in false }
) -> ProbeCase {
  ProbeCase(name, rows, sends: sends, rule: rule, section, layer: .stream) { link, subject in
    if isAllowed(subject) { return .skipped("it has announced that") }
    _ = link.begin()
    link.send(bytes)
    return link.judgeAbort()
  }
}

private func reserved(_ name: String, _ code: UInt8) -> ProbeCase {
  ProbeCase(
    name, ["S-08", "X-04"], sends: Code(rawValue: code).dotted,
    rule: "Codes of reserved classes are rejected; over TCP that is an Abort.", "RFC 7252, 4.2"
  ) { link, _ in
    _ = link.begin()
    link.send(ProbeMessage(Code(rawValue: code), token: [1]))
    let finding = link.judgeAbort()
    return finding.verdict == .violates && !finding.got.hasPrefix("it answers")
      ? .differs(finding.got) : finding
  }
}
