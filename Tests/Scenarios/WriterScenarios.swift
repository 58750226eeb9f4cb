import DeviceCore

/// Where a request of `write` is checked: byte by byte, behind the header with token 50000000.
@inline(never)
private func expectRequest(
  _ check: inout Checker, _ hex: StaticString, line: UInt32 = #line,
  _ write: (inout MessageWriter) throws(WriteError) -> Void
) {
  var end = TestEnd(.initiator, sizes: .large, peerCSM: TestEnd.boundlessCSM)
  check.expect(end.send(.get, write) == nil, "refused", line: line)
  end.run()
  check.expectOutput(&end, hex, line: line)
}

@inline(never)
private func error(
  _ writer: inout MessageWriter, _ attempt: (inout MessageWriter) throws(WriteError) -> Void
) -> WriteError? {
  do throws(WriteError) {
    try attempt(&writer)
    return nil
  } catch {
    return error
  }
}

/// Bytes of one kind, in the region of vectors.
private func filler(_ count: Int) -> ByteStore {
  var store = ByteStore(.vector)
  store.append(0x61, repeated: count)
  return store
}

// X-05 X-06
func writer_eachFormOfDelta_isWritten(_ check: inout Checker) {
  expectRequest(&check, "04 01 50000000") { _ in }
  expectRequest(&check, "14 01 50000000 00") { w throws(WriteError) in
    try w.append(empty: OptionNumber(rawValue: 0))
  }
  expectRequest(&check, "14 01 50000000 c0") { w throws(WriteError) in
    try w.append(.contentFormat, .textPlain)
  }
  expectRequest(&check, "24 01 50000000 d000") { w throws(WriteError) in
    try w.append(empty: OptionNumber(rawValue: 13))
  }
  expectRequest(&check, "24 01 50000000 d0ff") { w throws(WriteError) in
    try w.append(empty: OptionNumber(rawValue: 268))
  }
  expectRequest(&check, "34 01 50000000 e00000") { w throws(WriteError) in
    try w.append(empty: OptionNumber(rawValue: 269))
  }
  expectRequest(&check, "44 01 50000000 e0fef200") { w throws(WriteError) in
    try w.append(empty: OptionNumber(rawValue: 65535))
    try w.append(empty: OptionNumber(rawValue: 65535))
  }
}

//
func writer_eachFormOfLength_isWritten(_ check: inout Checker) {
  let number = OptionNumber(rawValue: 2)
  expectRequest(&check, "d4 00 01 50000000 2c{61*12}") { w throws(WriteError) in
    try w.append(number, filler(12).bytes)
  }
  expectRequest(&check, "d4 02 01 50000000 2d00{61*13}") { w throws(WriteError) in
    try w.append(number, filler(13).bytes)
  }
  expectRequest(&check, "e4 0001 01 50000000 2dff{61*268}") { w throws(WriteError) in
    try w.append(number, filler(268).bytes)
  }
  expectRequest(&check, "e4 0003 01 50000000 2e0000{61*269}") { w throws(WriteError) in
    try w.append(number, filler(269).bytes)
  }
  expectRequest(&check, "f4 00000002 01 50000000 2effff{61*65804}") { w throws(WriteError) in
    try w.append(number, filler(65804).bytes)
  }
}

// X-10 X-24
func writer_uint_isAsShortAsItCanBe(_ check: inout Checker) {
  expectRequest(&check, "d4 0b 01 50000000 60 e101ccff 03010000 024000 04ffffffff 03ffffff 00 01 01") {
    w throws(WriteError) in
    try w.append(.observe, uint: 0)
    try w.append(OptionNumber(rawValue: 735), uint: 255)
    try w.append(OptionNumber(rawValue: 735), uint: 0x010000)
    try w.append(OptionNumber(rawValue: 735), uint: 0x4000)
    try w.append(OptionNumber(rawValue: 735), uint: .max)
    try w.append(OptionNumber(rawValue: 735), uint: 0xff_ffff)
    try w.append(OptionNumber(rawValue: 735), uint: 0)
    try w.append(OptionNumber(rawValue: 735), uint: 1)
  }
}

// F-03 F-05 F-07: the header moves to its place whatever its length turns out to be.
func writer_bodyOfEachSize_hasTheOnlyHeaderThatFits(_ check: inout Checker) {
  expectBody(&check, "04 01 50000000", 0)
  expectBody(&check, "24 01 50000000 ff", 1)
  expectBody(&check, "c4 01 50000000 ff", 11)
  expectBody(&check, "d4 00 01 50000000 ff", 12)
  expectBody(&check, "d4 01 01 50000000 ff", 13)
  expectBody(&check, "d4 ff 01 50000000 ff", 267)
  expectBody(&check, "e4 0000 01 50000000 ff", 268)
  expectBody(&check, "e4 0001 01 50000000 ff", 269)
  expectBody(&check, "e4 ffff 01 50000000 ff", 65803)
  expectBody(&check, "f4 00000000 01 50000000 ff", 65804)
  expectBody(&check, "f4 00000001 01 50000000 ff", 65805)
}

@inline(never)
private func expectBody(
  _ check: inout Checker, _ head: StaticString, _ payload: Int, line: UInt32 = #line
) {
  var end = TestEnd(.initiator, sizes: .large, peerCSM: TestEnd.boundlessCSM)
  let piece = filler(payload)
  // In two pieces, so that the marker is not tied to the first call.
  let refusal = end.send(.get) { writer throws(WriteError) in
    try writer.append(payload: piece.bytes.extracting(first: payload / 2))
    try writer.append(payload: piece.bytes.extracting(droppingFirst: payload / 2))
  }
  check.expect(refusal == nil, "refused", line: line)
  end.run()
  var reader = HexReader(head)
  var position = 0
  while let byte = reader.next() {
    check.expect(position < end.output.count && end.output[position] == byte, "head", line: line)
    position += 1
  }
  check.expect(end.output.count == position + payload, "length", line: line)
  check.expect(
    end.output.bytes.extracting(droppingFirst: position).isEqual(to: piece.bytes), "payload",
    line: line)
}

// C-12: exactly what the peer takes, and not a byte more.
func writer_peersLimit_isUsedToTheLastByte(_ check: inout Checker) {
  for limit in 7...40 { expectLimit(&check, limit) }
  for limit in 270...295 { expectLimit(&check, limit) }
  for limit in 65808...65824 { expectLimit(&check, limit) }
}

@inline(never)
private func expectLimit(_ check: inout Checker, _ limit: Int) {
  var end = TestEnd(.initiator, sizes: .large, peerCSM: "")
  var csm = ByteStore(.vector, hex: "50e124")
  let bytes = serialBytes(UInt32(limit))
  csm.append(bytes.span)
  end.feed(csm.bytes)
  end.output.removeAll()
  // What fits: found by trying all sizes near the limit.
  var largest = -1
  for payload in max(0, limit - 14)...limit {
    let piece = filler(payload)
    let refusal = end.send(.get) { writer throws(WriteError) in
      try writer.append(payload: piece.bytes)
    }
    end.run()
    check.expect(refusal == nil || refusal == .tooLarge, "other refusal")
    if refusal == nil {
      check.expect(largest == payload - 1 || largest == -1, "fits again")
      check.expect(end.output.count == messageSize(payload), "other size")
      largest = payload
      if let request = end.tally.anyOutstanding {
        end.connection.cancel(request)
        end.tally.forget(request)
      }
    }
    end.output.removeAll()
  }
  check.expect(largest >= 0 && messageSize(largest) <= limit, "above the limit")
  check.expect(messageSize(largest + 1) > limit, "below the limit")
}

/// A request with a token of four bytes, no option and so much payload.
private func messageSize(_ payload: Int) -> Int {
  let body = payload == 0 ? 0 : payload + 1
  let extended = body < 13 ? 0 : body < 269 ? 1 : body < 65805 ? 2 : 4
  return 2 + extended + 4 + body
}

func writer_memory_isUsedToTheLastByte(_ check: inout Checker) {
  let capacity = 160
  let largest = capacity - ConnectionMemory.transmitReserve
  var end = TestEnd(
    .initiator, sizes: Sizes(transmit: capacity), peerCSM: TestEnd.boundlessCSM)
  let fitting = filler(largest - 8)
  check.expect(messageSize(fitting.count) == largest)
  let tooLong = end.send(.get) { w throws(WriteError) in
    try w.append(payload: fitting.bytes)
    try w.append(payload: "x")
  }
  check.expect(tooLong == .tooLarge)
  check.expect(end.send(.get) { w throws(WriteError) in try w.append(payload: fitting.bytes) } == nil)
  check.expect(end.send(.get) { _ in } == .noRoom)
  end.run()
  check.expect(end.output.count == largest)
  check.expect(end.send(.get) { _ in } == nil)
}

// X-05 X-18 X-23 X-25 X-37
func writer_illegalCall_throwsAndChangesNothing(_ check: inout Checker) {
  var end = TestEnd(.initiator, sizes: .large, peerCSM: TestEnd.boundlessCSM)
  let long = filler(256)
  let refusal = end.send(.put) { writer throws(WriteError) in
    try writer.append(.uriPath, "a")
    check.expect(writer.isEmpty == false)
    check.expect(error(&writer) { w throws(WriteError) in try w.append(.uriHost, "h") } == .outOfOrder)
    check.expect(
      error(&writer) { w throws(WriteError) in try w.append(.uriPath, long.bytes) } == .invalidValue)
    check.expect(error(&writer) { w throws(WriteError) in try w.append(.uriPath, ".") } == .invalidValue)
    check.expect(error(&writer) { w throws(WriteError) in try w.append(.uriPath, "..") } == .invalidValue)
    check.expect(
      error(&writer) { w throws(WriteError) in try w.append(path: "b/../c") } == .invalidValue)
    try writer.append(path: "b/...")
    try writer.append(.contentFormat, .cbor)
    check.expect(
      error(&writer) { w throws(WriteError) in try w.append(.contentFormat, .cbor) } == .repeated)
    check.expect(
      error(&writer) { w throws(WriteError) in try w.append(path: "late") } == .outOfOrder)
    check.expect(
      error(&writer) { w throws(WriteError) in try w.append(.hopLimit, uint: 0) } == .invalidValue)
    check.expect(
      error(&writer) { w throws(WriteError) in try w.append(.accept, uint: 65536) } == .invalidValue)
    try writer.append(payload: "p")
    check.expect(
      error(&writer) { w throws(WriteError) in try w.append(.size1, uint: 1) } == .payloadBegun)
    let rest = filler(writer.availableByteCount + 1)
    check.expect(
      error(&writer) { w throws(WriteError) in try w.append(payload: rest.bytes) } == .tooLarge)
    try writer.append(payload: "")
    try writer.append(payloadDecimal: 4_294_967_295)
    try writer.append(payloadDecimal: 0)
  }
  check.expect(refusal == nil)
  end.run()
  check.expectMessages(
    &end, "0.03 T:50000000 O:11=61,11=62,11=2e2e2e,12=3c P:12:703432393439363732393530")
}

// T-10: a request that is not put together leaves nothing behind.
func request_writeFails_connectionIsUnchanged(_ check: inout Checker) {
  var end = TestEnd(.initiator, peerCSM: TestEnd.boundlessCSM)
  let refusal = end.send(.get) { w throws(WriteError) in
    try w.append(.accept, .cbor)
    try w.append(.uriPath, "late")
  }
  check.expect(refusal == .invalid(.outOfOrder))
  check.expect(end.connection.requestCount == 0 && end.connection.pendingOutput.count == 0)
  check.expect(end.ask() == nil)
  end.run()
  check.expectOutput(&end, "54 01 50000000 ff 01000001", "not the first token")
}

func writer_paths_becomeSegments(_ check: inout Checker) {
  expectRequest(&check, "04 01 50000000") { w throws(WriteError) in try w.append(path: "") }
  expectRequest(&check, "44 01 50000000 b161 0162") { w throws(WriteError) in
    try w.append(path: "a/b")
  }
  expectRequest(&check, "24 01 50000000 b000") { w throws(WriteError) in try w.append(path: "/") }
  expectRequest(&check, "34 01 50000000 b16100") { w throws(WriteError) in try w.append(path: "a/") }
}
