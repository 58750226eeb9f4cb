import DeviceCore

/// Bodies in several blocks, and what belongs to one body (RFC 7959, RFC 9175).
let bodyCases: [ProbeCase] = [
  ProbeCase(
    "block2-etag", ["BL-06"], sends: "GETs of the first two blocks of 64 bytes",
    rule: "Blocks of one representation have the same ETag.", "RFC 7959, 2.4"
  ) { link, subject in
    guard let path = subject.largePath else { return .skipped("no resource of more than 64 bytes") }
    _ = link.begin()
    var tags: [[[UInt8]]] = []
    for number in UInt32(0)..<2 {
      link.send(request(path, [(23, shortest(number << 4 | 2))]))
      guard let answer = link.receiveAnswer() else { return .violates("no answer to block \(number)") }
      guard answer.code == .content else { return .violates(answer.text) }
      if answer.uint(23).map({ $0 & 8 == 0 }) ?? true { break }
      tags.append(answer.values(4))
    }
    guard tags.count == 2 else { return .skipped("it has no second block") }
    if tags[0] == tags[1] { return .conforms(tags[0].first.map { "ETag \(hex($0))" } ?? "no ETag") }
    // It may have changed in between.
    return .differs("ETag \(tags.map { $0.map(hex).joined() }.joined(separator: ", "))")
  },
  answers(
    "size2", ["BL-17"], "GET with Size2 0", [(28, [])],
    "Size2 0 asks how large the body is; a server may ignore that."),
  answers(
    "size2-twice", ["BL-18"], "GET with Size2 twice", [(28, []), (28, [])],
    "Size options come at most once; a further one is elective, and ignored."),
  writing(
    "block1-formats", ["BL-10"], "PUT of two blocks with the formats 42 and 0",
    "Blocks with different Content-Formats are not put together: 4.08.", "RFC 7959, 2.3"
  ) { link, path in
    if let finding = link.failure(ofBlocks: [0], to: path, [(12, [42])]) { return finding }
    link.send(putBlock(path, 1, more: false, 2, filling(10), [(12, [])]))
    return link.judgeAnswer(
      [.requestEntityIncomplete], or: [.badRequest, .badOption, .unsupportedContentFormat])
  },
  writing(
    "block1-restart", ["BL-13"], "PUT of the blocks 0, 1, 0 and 1",
    "A first block begins the body anew.", "RFC 7959, 2.5"
  ) { link, path in
    if let finding = link.failure(ofBlocks: [0, 1, 0], to: path) { return finding }
    link.send(putBlock(path, 1, more: false, 2, filling(10)))
    return link.judgeLastBlock()
  },
  writing(
    "block1-size1-lies", ["BL-18"], "PUT of a body of 74 bytes that says 5000",
    "M, not the size, says where a body ends.", "RFC 7959, 4"
  ) { link, path in
    if let finding = link.failure(ofBlocks: [0], to: path, [(60, shortest(5000))]) { return finding }
    link.send(putBlock(path, 1, more: false, 2, filling(10)))
    return link.judgeLastBlock()
  },
  writing(
    "request-tags", ["E-05"], "PUT of two bodies, block by block in turn, with the Request-Tags 01 and 02",
    "Request-Tag keeps bodies apart, and is in no response.", "RFC 9175, 3"
  ) { link, path in
    for tag in [UInt8(1), 2] {
      if let finding = link.failure(ofBlocks: [0], to: path, [(292, [tag])]) { return finding }
    }
    for tag in [UInt8(1), 2] {
      link.send(putBlock(path, 1, more: false, 2, filling(10), [(292, [tag])]))
      guard let answer = link.receiveAnswer() else {
        return .violates(link.isEnded ? "it ends" : "no answer")
      }
      if !answer.values(292).isEmpty { return .violates("Request-Tag in \(answer.code.dotted)") }
      if let refusal = link.refusal(answer) { return refusal }
      // Who does not know the option has one body, which the second one has replaced.
      if answer.code == .requestEntityIncomplete { return .differs("the bodies are one: 4.08") }
      guard answer.code.isSuccess, answer.code != .continue else { return .violates(answer.text) }
    }
    return .conforms("two bodies")
  },
]

private func answers(
  _ name: String, _ rows: [String], _ sends: String, _ options: [(Int, [UInt8])], _ rule: String
) -> ProbeCase {
  ProbeCase(name, rows, sends: sends, rule: rule, "RFC 7959, 4") { link, subject in
    _ = link.begin()
    link.send(request(subject.path, options))
    return link.judgeAnswer([.content])
  }
}
