import DeviceCore

/// One end of a connection in a scenario: fed with bytes and time, its output is collected.
struct TestEnd: ~Copyable {
  var connection: Connection
  var handler = ScriptedHandler()
  var tally = Tally()
  var now: Instant
  /// What left and was not looked at yet.
  var output = ByteStore(.output)
  /// False leaves requests to the connection.
  var serves = true
  /// False is a peer that does not read.
  var takesOutput = true
  /// The most bytes that one write takes.
  var largestWrite = Int.max
  private var nextSerial: UInt32 = 0x0100_0000

  /// A CSM that takes anything and knows block-wise transfers.
  static var boundlessCSM: StaticString { "60e124ffffffff20" }
  /// A CSM that says nothing: base values.
  static var baseCSM: StaticString { "00e1" }

  /// - Parameter peerCSM: what the peer sends first; empty for nothing yet.
  init(
    _ role: Connection.Role = .acceptor, slot: Slot = .server, limits: Limits = Limits(),
    sizes: Sizes = Sizes(), peerCSM: StaticString = TestEnd.baseCSM, identity: UInt32 = 7,
    firstToken: UInt32 = 0x5000_0000, at now: Instant = Instant(rawValue: 1000)
  ) {
    self.now = now
    connection = Connection(
      role: role, memory: slot.memory(sizes), limits: limits, identity: identity,
      firstToken: firstToken, at: now)
    if peerCSM.utf8CodeUnitCount > 0 {
      feed(peerCSM)
      output.removeAll()
    }
  }

  // MARK: Inputs

  mutating func feed(_ hex: StaticString) {
    let input = ByteStore(.input, hex: hex)
    feed(input.bytes)
  }

  /// Hands in all the bytes, as far as the connection takes them.
  mutating func feed(_ bytes: Span<UInt8>) {
    var rest = bytes
    while rest.count > 0 {
      let count = connection.receive(rest, at: now)
      run()
      if count == 0 { return }
      rest = rest.extracting(droppingFirst: count)
    }
  }

  mutating func endInput() {
    connection.receiveEnd(at: now)
    run()
  }

  mutating func fail() {
    connection.transportFailed()
    run()
  }

  mutating func wait(_ milliseconds: UInt32) {
    now = now + Milliseconds(milliseconds)
    run()
  }

  /// Goes on to the connection's deadline, if it has one.
  mutating func waitForDeadline() {
    guard let deadline = connection.deadline else { return }
    if now.isBefore(deadline) { now = deadline }
    run()
  }

  /// Events and output in turn until nothing happens any more.
  mutating func run() {
    repeat {
      pollAll()
      connection.serveDeferred(&handler, at: now)
    } while flush()
  }

  mutating func pollAll() {
    while let event = connection.poll(at: now) {
      tally.note(event, on: connection)
      if event == .request && serves { connection.serve(&handler, at: now) }
    }
  }

  /// - Returns: whether any byte left.
  mutating func flush() -> Bool {
    guard takesOutput, connection.pendingOutput.count > 0 else { return false }
    let count = min(connection.pendingOutput.count, largestWrite)
    output.append(firstOutputOf: connection, count)
    connection.didSend(count, at: now)
    return true
  }

  // MARK: Commands

  /// Sends a request whose payload is a new serial number and `padding` more bytes.
  ///
  /// - Returns: nil when it went out.
  mutating func ask(
    _ method: Code = .get, padding: Int = 0, timeout: Milliseconds? = nil
  ) -> CommandError? {
    nextSerial += 1
    let serial = nextSerial
    do throws(CommandError) {
      let bytes = serialBytes(serial)
      let request = try connection.request(method, timeout: timeout, at: now) {
        writer throws(WriteError) in
        try writer.append(payload: bytes.span)
        let byte = InlineArray<1, UInt8>(repeating: 0x2b)
        for _ in 0..<padding { try writer.append(payload: byte.span) }
      }
      tally.didAsk(request, serial: serial)
      return nil
    } catch {
      return error
    }
  }

  mutating func ping(custody: Bool = false) -> CommandError? {
    do throws(CommandError) {
      try connection.ping(custody: custody, at: now)
      return nil
    } catch {
      return error
    }
  }

  /// Answers the postponed request in this place with its serial.
  mutating func answer(_ index: Int) -> CommandError? {
    guard let request = handler.waitingRequest(index) else { return .unknownRequest }
    let bytes = serialBytes(handler.waitingSerial(index))
    do throws(CommandError) {
      try connection.respond(to: request, at: now) { response in
        response.content(.octetStream, bytes.span)
      }
      _ = handler.take(index)
      return nil
    } catch {
      return error
    }
  }

  // MARK: What a driver does at the end

  /// Does what the connection asks for until it is over; the peer closes its side when we have closed ours.
  ///
  /// - Returns: whether that came to an end.
  mutating func finish() -> Bool {
    for _ in 0..<8 {
      run()
      switch connection.transportAction {
      case .keepOpen: return false
      case .finishWriting:
        connection.didFinishWriting(at: now)
        run()
        connection.receiveEnd(at: now)
      case .close: return connection.isOver
      }
    }
    return false
  }
}

extension ByteStore {
  /// Appends the first bytes that a connection wants to send.
  mutating func append(firstOutputOf connection: borrowing Connection, _ count: Int) {
    append(connection.pendingOutput.extracting(first: count))
  }
}

extension Checker {
  /// The output is just these bytes; it is dropped then.
  mutating func expectOutput(
    _ end: inout TestEnd, _ hex: StaticString, _ message: StaticString = "other output",
    file: StaticString = #fileID, line: UInt32 = #line
  ) {
    expect(end.output.isEqual(hex: hex), message, file: file, line: line)
    end.output.removeAll()
  }

  /// The output is one Abort with a text, the connection closes for this reason and takes nothing more.
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

  mutating func expectLegal(
    _ end: borrowing TestEnd, file: StaticString = #fileID, line: UInt32 = #line
  ) {
    expect(end.tally.illegal == 0, "illegal events", file: file, line: line)
    expect(end.output.lostCount == 0, "output store too small", file: file, line: line)
  }

  /// The connection is open and in step with its peer: a Ping is answered, and by nothing else.
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
