import DeviceCore

/// What changes a resource, and so is tried only on one that was named for it (RFC 7252, 7959, RFC 8323 section 6).
let writingCases: [ProbeCase] = [
  writing(
    "block1-first", ["BL-07"], "PUT of a first block of 64 bytes",
    "A block that is not the last gets 2.31 with its Block1.", "RFC 7959, 2.9.1"
  ) { link, path in
    link.send(putBlock(path, 0, more: true, 2, filling(64)))
    return link.judgeContinue(number: 0, largest: 2)
  },
  writing(
    "block1-upload", ["BL-07", "BL-08"], "PUT in three blocks", "All blocks are one body.", "RFC 7959, 2.5"
  ) { link, path in
    if let finding = link.failure(ofBlocks: [0, 1], to: path) { return finding }
    link.send(putBlock(path, 2, more: false, 2, filling(10)))
    return link.judgeLastBlock()
  },
  writing(
    "block1-gap", ["BL-08", "BL-09"], "PUT of block 5 alone, the last",
    "A last block whose earlier ones are missing gets 4.08.", "RFC 7959, 2.5"
  ) { link, path in
    link.send(putBlock(path, 5, more: false, 2, filling(10)))
    return link.judgeAnswer([.requestEntityIncomplete], or: [.badRequest, .badOption])
  },
  writing(
    "block1-length", ["BL-03"], "PUT of a first block of 60 bytes that says 64",
    "A block that is not the last has the bytes that its size says.", "RFC 7959, 2.3"
  ) { link, path in
    link.send(putBlock(path, 0, more: true, 2, filling(60)))
    return link.judgeAnswer([.badRequest], or: [.requestEntityIncomplete, .badOption])
  },
  writing(
    "bert-upload", ["B-05", "B-08", "B-10"], "PUT of two blocks of 1024 bytes in one message, and the rest",
    "Several blocks of 1024 bytes may come in one message; the answer repeats the number of the first.",
    "RFC 8323, 6.2", isAboutBERT: true
  ) { link, path in
    link.send(putBlock(path, 0, more: true, 7, filling(2048)))
    let finding = link.judgeContinue(number: 0, largest: 7)
    if finding.verdict != .conforms { return finding }
    link.send(putBlock(path, 2, more: false, 7, filling(100)))
    return link.judgeLastBlock()
  },
  writing(
    "bert-length", ["B-06"], "PUT with SZX 7 of 1000 bytes, and more to come",
    "A BERT block that is not the last has a multiple of 1024 bytes.", "RFC 8323, 6", isAboutBERT: true
  ) { link, path in
    link.send(putBlock(path, 0, more: true, 7, filling(1000)))
    return link.judgeAnswer([.badRequest], or: [.requestEntityIncomplete, .badOption])
  },
  condition(
    "if-match", ["X-35"], "PUT with an If-Match of a tag that it does not have",
    "A condition that is not fulfilled is 4.12, an option that is not recognised 4.02.",
    [(1, [1, 2, 3, 4, 5, 6, 7, 8])]),
  condition(
    "if-none-match", ["X-35"], "PUT with If-None-Match, where there is something",
    "A condition that is not fulfilled is 4.12, an option that is not recognised 4.02.", [(5, [])],
    needsContent: true),
  writing(
    "put-critical-option", ["X-20"], "PUT with the unknown option 65001",
    "A request with an unknown critical option gets 4.02.", "RFC 7252, 5.4.1"
  ) { link, path in
    link.send(request(.put, path, [(65001, [])], payload: Array("1".utf8)))
    return link.judgeAnswer([.badOption])
  },
]

func filling(_ count: Int) -> [UInt8] { [UInt8](repeating: 0x61, count: count) }

/// A block of a body.
func putBlock(
  _ path: String, _ number: UInt32, more: Bool, _ exponent: UInt32, _ payload: [UInt8],
  _ options: [(Int, [UInt8])] = []
) -> ProbeMessage {
  request(.put, path, [(27, shortest(number << 4 | (more ? 8 : 0) | exponent))] + options, payload: payload)
}

extension ProbeLink {
  /// Whether a block that is not the last is acknowledged.
  func judgeContinue(number: UInt32, largest: UInt32) -> Finding {
    guard let answer = receiveAnswer() else { return .violates(isEnded ? "it ends" : "no answer") }
    if let refusal = refusal(answer) { return refusal }
    guard let block = answer.uint(27) else { return .violates("\(answer.code.dotted) without Block1") }
    guard answer.code == .continue || answer.code.isSuccess && block & 8 == 0 else {
      return .violates(answer.text)
    }
    return block >> 4 == number && block & 7 <= largest
      ? .conforms("\(answer.code.dotted), Block1 \(block)") : .violates("Block1 \(block)")
  }

  /// Sends blocks of 64 bytes that are not the last; what came instead of 2.31, if anything did.
  func failure(ofBlocks numbers: [UInt32], to path: String, _ options: [(Int, [UInt8])] = []) -> Finding? {
    for number in numbers {
      send(putBlock(path, number, more: true, 2, filling(64), options))
      let finding = judgeContinue(number: number, largest: 2)
      if finding.verdict != .conforms { return finding }
    }
    return nil
  }

  func judgeLastBlock() -> Finding {
    guard let answer = receiveAnswer() else { return .violates(isEnded ? "it ends" : "no answer") }
    if let refusal = refusal(answer) { return refusal }
    if answer.code == .continue { return .violates("2.31 for the last block") }
    return answer.code.isSuccess ? .conforms(answer.code.dotted) : .violates(answer.code.dotted)
  }

  /// A resource may not want this body, or none at all.
  func refusal(_ answer: ProbeMessage) -> Finding? {
    let reasons: [Code] = [
      .badRequest, .unauthorized, .forbidden, .methodNotAllowed, .conflict, .requestEntityTooLarge,
      .unsupportedContentFormat, .unprocessableEntity, .serviceUnavailable,
    ]
    return reasons.contains(answer.code) ? .skipped("it does not want that: \(answer.code.dotted)") : nil
  }
}

func writing(
  _ name: String, _ rows: [String], _ sends: String, _ rule: String, _ section: String,
  isAboutBERT: Bool = false, _ run: @escaping @Sendable (ProbeLink, String) -> Finding
) -> ProbeCase {
  ProbeCase(name, rows, sends: sends, rule: rule, section) { link, subject in
    guard let path = subject.writablePath else { return .skipped("no resource to write to (--writable)") }
    if isAboutBERT && !(subject.hasBlocks && subject.largestMessage > 2200) {
      return .skipped("it does not take several blocks at once")
    }
    _ = link.begin()
    return run(link, path)
  }
}

private func condition(
  _ name: String, _ rows: [String], _ sends: String, _ rule: String, _ options: [(Int, [UInt8])],
  needsContent: Bool = false
) -> ProbeCase {
  writing(name, rows, sends, rule, "RFC 7252, 5.10.8") { link, path in
    link.send(request(path, token: [1]))
    let content = link.receiveAnswer()
    if needsContent && content?.code != .content { return .skipped("nothing is known to be there") }
    let payload = content?.code == .content ? content!.payload : Array("1".utf8)
    link.send(request(.put, path, options, payload: payload))
    return link.judgeAnswer([.preconditionFailed, .badOption], or: [.methodNotAllowed])
  }
}
