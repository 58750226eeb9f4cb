import DeviceCore

#if canImport(SpanTrap)
  import SpanTrap

  extension Checksum: ByteSink {}
#endif

/// What arrives at a generic sink, as a number that bytes in another order or of another value change.
private struct Checksum {
  var value: UInt32 = 0

  @inline(never)
  mutating func take(_ bytes: Span<UInt8>) {
    for index in bytes.indices { value = value &* 31 &+ UInt32(bytes[index]) }
  }

  static func of(_ bytes: Span<UInt8>) -> UInt32 {
    var sum = Checksum()
    sum.take(bytes)
    return sum.value
  }
}

private protocol Sink {
  mutating func take(_ bytes: Span<UInt8>)
}

extension Checksum: Sink {}

/// A connection joined to a sink in a generic type, as an endpoint of a port is.
private struct Outlet<S: Sink>: ~Copyable {
  var end: TestEnd
  var sink: S

  @inline(never)
  mutating func flush() {
    // A copy, as an endpoint has of its stream's handle: the view keeps the whole of it busy.
    var sink = self.sink
    sink.take(end.connection.pendingOutput)
    self.sink = sink
  }

  mutating func takeMessage() { Outlet.take(end.connection, &sink) }

  @inline(never)
  private static func take(_ connection: borrowing Connection, _ sink: inout S) {
    guard let message = connection.message else { return }
    sink.take(message.token)
    sink.take(message.payload)
    var options = message.options
    while let option = options.next() { sink.take(option.value) }
  }

  @inline(never)
  mutating func takeDigits(_ number: UInt32) {
    let digits = DecimalDigits(number)
    sink.take(digits.bytes)
  }
}

// Trap 1 of Embedded Swift: what a connection shows must not be a view of a copy.
func connectionViews_throughAGenericCaller_showTheRightBytes(_ check: inout Checker) {
  var outlet = Outlet(end: TestEnd(), sink: Checksum())
  outlet.end.takesOutput = false
  let request = ByteStore(.vector, hex: "b301 010203 c13c 426162 ff 3132333435")
  check.expect(outlet.end.connection.receive(request.bytes, at: outlet.end.now) == request.count)
  check.expect(outlet.end.connection.poll(at: outlet.end.now) == .request)
  outlet.takeMessage()
  let parts = ByteStore(.vector, hex: "010203 3132333435 3c 6162")
  check.expect(outlet.sink.value == Checksum.of(parts.bytes), "message")

  outlet.end.connection.serve(&outlet.end.handler, at: outlet.end.now)
  outlet.sink = Checksum()
  outlet.flush()
  let answer = ByteStore(.vector, hex: "8345 010203 c12a ff 3132333435")
  check.expect(outlet.sink.value == Checksum.of(answer.bytes), "pending output")

  outlet.sink = Checksum()
  outlet.takeDigits(4_070_605_040)
  let digits: StaticString = "4070605040"
  check.expect(outlet.sink.value == Checksum.of(digits.bytes), "digits")
}

// Trap 1 itself, with Swift 6.3.1 in Embedded mode on x86-64 Linux: at -O and -Osize `flushBorrowed`
// hands out stale stack memory, at -Onone one caller in four does; in normal mode, or with all of it in
// one module, the bytes are right. `flushExclusive` is right everywhere. The bad form is reported and
// does not fail, so that a repaired compiler does not break the run.
func inlineArrayViews_throughAGenericCaller_exclusiveOnesAreRight(_ check: inout Checker) {
  #if canImport(SpanTrap)
    var joined = QueueWithSink<8, Checksum>(Checksum())
    let bytes = ByteStore(.vector, hex: "0102030405060708")
    for index in 0..<bytes.count { joined.queue.append(bytes[index]) }
    joined.flushBorrowed()
    let isBorrowedRight = joined.sink.value == Checksum.of(bytes.bytes)
    joined.sink = Checksum()
    joined.flushExclusive()
    check.expect(joined.sink.value == Checksum.of(bytes.bytes), "the form that has to work")
    check.note =
      isBorrowedRight
      ? "borrowing views of inline arrays are right here"
      : "borrowing views of inline arrays are corrupt here"
  #else
    check.note = "not built with SpanTrap"
  #endif
}

nonisolated(unsafe) private var storage = ConnectionStorage<1152, 1232, 4, 2>()

// The memory of a connection as a firmware declares it: its four parts do not overlap.
func connectionStorage_asAGlobal_holdsAConnection(_ check: inout Checker) {
  let memory = unsafe ConnectionStorage<1152, 1232, 4, 2>.memory(of: &storage)
  var end = TestEnd(.initiator)
  end.connection = Connection(role: .initiator, memory: memory, firstToken: 1, at: end.now)
  end.feed(TestEnd.baseCSM)
  end.output.removeAll()
  for _ in 0..<4 { check.expect(end.ask(padding: 250) == nil) }
  check.expect(end.ask() == .tooManyUnderWay)
  end.feed("0102 01 0102 02 0102 03")
  end.output.removeFirst(4 * (3 + 4 + 1 + 254))
  check.expectMessages(&end, "5.03 T:03 O:- P:25")
  // An answer of the size that the peer takes.
  let large = ByteStore(.vector, hex: "e1036c 01 7f ff {42*1144}")
  end.feed(large.bytes)
  check.expect(end.output.count == 1152)
  end.output.removeAll()
  check.expect(end.answer(0) == nil)
  end.run()
  check.expect(end.answer(1) == nil)
  end.run()
  check.expectOutput(&end, "7145 01 c12a ff 00000000  7145 02 c12a ff 00000000")
  end.feed(
    """
    5445 00000001 ff 01000001 5445 00000002 ff 01000002 \
    5445 00000003 ff 01000003 5445 00000004 ff 01000004
    """)
  check.expect(end.tally.responses == 4)
  check.expectOpen(&end)
}
