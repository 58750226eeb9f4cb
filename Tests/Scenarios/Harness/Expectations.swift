import DeviceCore

extension Checker {
  /// The output is just these bytes; it is dropped then.
  @inline(never)
  mutating func expectOutput(
    _ end: inout TestEnd, _ hex: StaticString, _ message: StaticString = "other output",
    file: StaticString = #fileID, line: UInt32 = #line
  ) {
    expect(end.output.isEqual(hex: hex), message, file: file, line: line)
    end.output.removeAll()
  }

  /// The output is these messages, written as in the vectors; it is dropped then.
  @inline(never)
  mutating func expectMessages(
    _ end: inout TestEnd, _ text: StaticString, _ message: StaticString = "other messages",
    file: StaticString = #fileID, line: UInt32 = #line
  ) {
    var matcher = TextMatcher(text)
    describe(end.output.bytes, maxMessageSize: .max, maxTokenLength: 65804, to: &matcher)
    expect(matcher.isComplete, message, file: file, line: line)
    end.output.removeAll()
  }

  /// The output is one Abort with a text, the connection closes for this reason and takes nothing more.
  @inline(never)
  mutating func expectAbort(
    _ end: inout TestEnd, _ fault: ProtocolFault, file: StaticString = #fileID, line: UInt32 = #line
  ) {
    var reader = MessageReader(end.output.bytes)
    if let message = reader.next() {
      expect(message.code == .abort, "no Abort", file: file, line: line)
      expect(message.token.count == 0, "Abort with a token", file: file, line: line)
      expect(message.payload.count > 0, "Abort without a text", file: file, line: line)
    } else {
      fail("no Abort", file: file, line: line)
    }
    expect(reader.rest.count == 0, "output behind the Abort", file: file, line: line)
    end.output.removeAll()
    expectEnd(&end, .aborted(fault), file: file, line: line)
  }

  /// The connection comes to this end by itself: nothing more is processed or sent, one last event.
  @inline(never)
  mutating func expectEnd(
    _ end: inout TestEnd, _ reason: ConnectionEnd, file: StaticString = #fileID,
    line: UInt32 = #line
  ) {
    let requests = end.tally.requests
    end.feed("01017f")
    expect(end.tally.requests == requests, "input behind the end", file: file, line: line)
    expect(end.finish(), "does not end", file: file, line: line)
    expect(end.tally.end == reason, "other end", file: file, line: line)
    expect(end.tally.closed == 1, "not one last event", file: file, line: line)
    expect(end.output.isEmpty, "output at the end", file: file, line: line)
    end.feed("01017f01e27f")
    end.wait(1_000_000)
    expect(end.tally.requests == requests, "input behind the end", file: file, line: line)
    expect(end.output.isEmpty, "output behind the end", file: file, line: line)
    expect(end.connection.deadline == nil, "timer behind the end", file: file, line: line)
    expect(
      end.connection.requestCount == 0 && end.connection.deferredCount == 0,
      "tables are not empty", file: file, line: line)
    expect(end.connection.transportAction == .close, "stays open", file: file, line: line)
    expectLegal(end, file: file, line: line)
  }

  @inline(never)
  mutating func expectLegal(
    _ end: borrowing TestEnd, file: StaticString = #fileID, line: UInt32 = #line
  ) {
    expect(end.tally.illegal == 0, "illegal events", file: file, line: line)
    expect(end.output.lostCount == 0, "output store too small", file: file, line: line)
  }

  /// The connection is open and in step with its peer: a Ping is answered, and by nothing else.
  @inline(never)
  mutating func expectOpen(
    _ end: inout TestEnd, file: StaticString = #fileID, line: UInt32 = #line
  ) {
    expect(end.output.isEmpty, "unexpected output", file: file, line: line)
    expect(end.connection.isOpen, "not open", file: file, line: line)
    expect(end.connection.transportAction == .keepOpen, "closing", file: file, line: line)
    end.feed("02e27e7f")
    expectOutput(&end, "02e37e7f", "no Pong", file: file, line: line)
    expectLegal(end, file: file, line: line)
  }
}
