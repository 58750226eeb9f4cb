import DeviceCore

/// Runs the vectors of one group against a server without resources.
struct VectorRun {
  /// How the input of a vector is cut.
  enum Cut { case whole, bytes, twoPieces }

  @inline(never)
  static func run(group: UInt8, _ cut: Cut, _ check: inout Checker) {
    for index in 0..<VectorTable.count {
      let vector = VectorTable.vector(at: index)
      guard vector.group == group else { continue }
      check.subject = vector.id
      let input = ByteStore(.vector, hex: vector.input)
      switch cut {
      case .whole: run(vector, input.bytes, pieces: input.count, cutAt: 0, &check)
      case .bytes: run(vector, input.bytes, pieces: 1, cutAt: 0, &check)
      case .twoPieces:
        var cut = 1
        while cut < input.count {
          run(vector, input.bytes, pieces: input.count, cutAt: cut, &check)
          // Each place in short inputs; in long ones those at the start, some between and the last ones.
          let isDense = input.count < 2000 ? cut < 64 : cut < 16
          cut += isDense || cut >= input.count - 3 ? 1 : min(input.count / 4, input.count - 3 - cut)
        }
      }
    }
    check.subject = ""
  }

  /// - Parameters:
  ///   - pieces: bytes a read, at most.
  ///   - cutAt: a place in the input where a read ends.
  @inline(never)
  private static func run(
    _ vector: Vector, _ input: Span<UInt8>, pieces: Int, cutAt: Int, _ check: inout Checker
  ) {
    let isHandshake = vector.group == 0x43
    var limits = Limits()
    limits.maximumMessageByteCount = vector.maxMessageSize
    limits.maximumTokenByteCount = vector.maxTokenLength
    let isLarge = vector.maxMessageSize > 2000 || vector.maxTokenLength > 300
    var end = TestEnd(
      .acceptor, limits: limits, sizes: isLarge ? .large : Sizes(),
      peerCSM: isHandshake ? "" : TestEnd.boundlessCSM)
    if isHandshake {
      end.run()
      checkOwnCapabilities(end.output.bytes, &check)
      end.output.removeAll()
    }
    end.largestWrite = pieces == 1 ? 1 : 3

    var offset = 0
    while offset < input.count {
      var stop = min(input.count, offset + pieces)
      if offset < cutAt && stop > cutAt { stop = cutAt }
      feed(&end, input.extracting(offset..<stop))
      offset = stop
    }
    checkOutcome(vector, input, &end, &check)
  }

  @inline(never)
  private static func feed(_ end: inout TestEnd, _ bytes: Span<UInt8>) {
    var resources = Resources { return NoTable() }
    var rest = bytes
    while rest.count > 0 {
      let count = end.connection.receive(rest, at: end.now)
      repeat {
        while let event = end.connection.poll(at: end.now) {
          end.tally.note(event, on: end.connection)
          end.connection.serve(&resources, at: end.now)
        }
      } while end.flush()
      if count == 0 { return }
      rest = rest.extracting(droppingFirst: count)
    }
  }

  private static func checkOwnCapabilities(_ output: Span<UInt8>, _ check: inout Checker) {
    var reader = MessageReader(output)
    if let message = reader.next() {
      check.expect(message.code == .capabilitiesAndSettings, "our first message is no CSM")
    } else {
      check.fail("no CSM of ours")
    }
    check.expect(reader.rest.count == 0, "more than a CSM before the peer's")
  }

  @inline(never)
  private static func checkOutcome(
    _ vector: Vector, _ input: Span<UInt8>, _ end: inout TestEnd, _ check: inout Checker
  ) {
    switch vector.expectation {
    case .abort:
      check.expect(end.connection.transportAction == .finishWriting, "no end of output")
      if vector.out.utf8CodeUnitCount > 0 {
        check.expectOutput(&end, vector.out)
      } else {
        checkAbort(end.output.bytes, &check)
        end.output.removeAll()
      }
      check.expect(end.finish(), "does not end")
      if case .aborted = end.tally.end {} else { check.fail("not ended by our Abort") }
      if let reason = end.tally.end { check.expectEnd(&end, reason) }
    case .close:
      check.expect(end.output.isEmpty, "output")
      check.expect(end.connection.transportAction != .keepOpen, "does not close")
      check.expectEnd(&end, isAbort(input) ? .abortedByPeer : .releasedByPeer)
    case .incomplete:
      check.expect(end.output.isEmpty, "output")
      check.expect(end.connection.isOpen, "not open")
      check.expect(end.connection.transportAction == .keepOpen, "closing")
      check.expectLegal(end)
    case .silent:
      if end.connection.peerCapabilities.maximumMessageByteCount < 8 {
        // The peer takes no Pong that could prove it.
        check.expect(end.output.isEmpty && end.connection.isOpen, "not open")
      } else {
        check.expectOpen(&end)
      }
    case .reply:
      checkReplies(vector.codes, input, end.output.bytes, &check)
      end.output.removeAll()
      check.expectOpen(&end)
    case .replyExact:
      check.expectOutput(&end, vector.out)
      check.expectOpen(&end)
    }
  }

  private static func isAbort(_ input: Span<UInt8>) -> Bool {
    var reader = MessageReader(input)
    return reader.next()?.code == .abort
  }

  @inline(never)
  private static func checkAbort(_ output: Span<UInt8>, _ check: inout Checker) {
    var reader = MessageReader(output)
    if let message = reader.next() {
      check.expect(message.code == .abort, "no Abort")
      check.expect(message.payload.count > 0, "Abort without a text")
    } else {
      check.fail("no Abort")
    }
    check.expect(reader.rest.count == 0, "output behind the Abort")
  }

  /// One reply for each request and Ping, in order, with its token and one of the codes that are listed.
  @inline(never)
  private static func checkReplies(
    _ codes: StaticString, _ input: Span<UInt8>, _ output: Span<UInt8>, _ check: inout Checker
  ) {
    var questions = MessageReader(input)
    var replies = MessageReader(output)
    var list = CodeList(codes)
    while let question = questions.next() {
      guard question.code.isRequest || question.code == .ping else { continue }
      if let reply = replies.next() {
        check.expect(list.nextAllows(reply.code), "other code")
        check.expect(reply.token.isEqual(to: question.token), "other token")
      } else {
        check.fail("no reply")
      }
    }
    check.expect(replies.rest.count == 0, "more replies than questions")
    check.expect(list.isAtEnd, "fewer replies than listed")
  }
}

/// Codes such as "4.04|2.05 7.03": blanks between replies, bars between alternatives.
struct CodeList {
  private let text: StaticString
  private var position = 0

  init(_ text: StaticString) {
    self.text = text
  }

  var isAtEnd: Bool { position >= text.utf8CodeUnitCount }

  /// Whether the next entry of the list has `code` among its alternatives.
  mutating func nextAllows(_ code: Code) -> Bool {
    let bytes = text.bytes
    var isAllowed = false
    while position + 4 <= bytes.count {
      let detail = (bytes[position + 2] - 0x30) * 10 + bytes[position + 3] - 0x30
      if Code(class: bytes[position] - 0x30, detail: detail) == code { isAllowed = true }
      position += 5
      guard position <= bytes.count, bytes[position - 1] == 0x7c else { break }
    }
    return isAllowed
  }
}
