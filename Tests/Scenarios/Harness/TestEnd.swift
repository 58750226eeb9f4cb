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
  @inline(never)
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

  @inline(never)
  mutating func feed(_ hex: StaticString) {
    let input = ByteStore(.input, hex: hex)
    feed(input.bytes)
  }

  /// Hands in all the bytes, as far as the connection takes them.
  @inline(never)
  mutating func feed(_ bytes: Span<UInt8>) {
    var rest = bytes
    while rest.count > 0 {
      let count = connection.receive(rest, at: now)
      run()
      if count == 0 { return }
      rest = rest.extracting(droppingFirst: count)
    }
  }

  @inline(never)
  mutating func endInput() {
    connection.receiveEnd(at: now)
    run()
  }

  @inline(never)
  mutating func fail() {
    connection.transportFailed()
    run()
  }

  @inline(never)
  mutating func wait(_ milliseconds: UInt32) {
    now = now + Milliseconds(milliseconds)
    run()
  }

  /// Goes on to the connection's deadline, if it has one.
  @inline(never)
  mutating func waitForDeadline() {
    guard let deadline = connection.deadline else { return }
    if now.isBefore(deadline) { now = deadline }
    run()
  }

  /// Events and output in turn until nothing happens any more.
  @inline(never)
  mutating func run() {
    repeat {
      pollAll()
      connection.serveDeferred(&handler, at: now)
    } while flush()
  }

  @inline(never)
  mutating func pollAll() {
    while let event = connection.poll(at: now) {
      tally.note(event, on: connection)
      if event == .request && serves { connection.serve(&handler, at: now) }
    }
  }

  // MARK: With other resources than the scripted handler

  /// All that a driver does until nothing happens any more, in its order.
  @inline(never)
  mutating func run<Handler: RequestHandler & ~Copyable>(serving resources: inout Handler) {
    repeat {
      pollAll(serving: &resources)
      connection.serveDeferred(&resources, at: now)
      connection.serveObservers(&resources, at: now)
    } while flush()
  }

  @inline(never)
  mutating func pollAll<Handler: RequestHandler & ~Copyable>(serving resources: inout Handler) {
    while let event = connection.poll(at: now) {
      tally.note(event, on: connection)
      connection.serve(&resources, at: now)
    }
  }

  /// Hands in all the bytes, as far as the connection takes them.
  @inline(never)
  mutating func feed<Handler: RequestHandler & ~Copyable>(
    _ bytes: Span<UInt8>, serving resources: inout Handler
  ) {
    var rest = bytes
    while rest.count > 0 {
      let count = connection.receive(rest, at: now)
      run(serving: &resources)
      if count == 0 { return }
      rest = rest.extracting(droppingFirst: count)
    }
  }

  /// - Returns: whether any byte left.
  @inline(never)
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
  @inline(never)
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

  /// Sends a request that `write` makes; the tally does not look into its answer.
  @inline(never)
  mutating func send(
    _ method: Code = .get, _ write: (inout MessageWriter) throws(WriteError) -> Void
  ) -> CommandError? {
    do throws(CommandError) {
      let request = try connection.request(method, at: now, write)
      tally.didAsk(request, serial: 0)
      return nil
    } catch {
      return error
    }
  }

  @inline(never)
  mutating func ping(custody: Bool = false) -> CommandError? {
    do throws(CommandError) {
      try connection.ping(custody: custody, at: now)
      return nil
    } catch {
      return error
    }
  }

  /// Answers the postponed request in this place with its serial.
  @inline(never)
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
  @inline(never)
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
  @inline(never)
  mutating func append(firstOutputOf connection: borrowing Connection, _ count: Int) {
    append(connection.pendingOutput.extracting(first: count))
  }
}
