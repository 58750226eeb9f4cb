import DeviceCore

// ETag, If-Match, If-None-Match, Accept, Echo and waiting times.

@inline(never)
private func ask(
  _ token: StaticString, _ method: Code, ifMatch: UInt32? = nil, isEmptyMatch: Bool = false,
  eTag: UInt32? = nil, otherETag: UInt32? = nil, ifNoneMatch: Bool = false, path: StaticString = "n"
) -> RawMessage {
  var message = RawMessage(method, token)
  if isEmptyMatch { message.add(1, uint: 0) }
  if let ifMatch { message.add(1, eTag: ifMatch) }
  if let otherETag { message.add(4, eTag: otherETag) }
  if let eTag { message.add(4, eTag: eTag) }
  if ifNoneMatch { message.add(5, uint: 0) }
  message.add(path: path)
  return message
}

// X-29 X-33 X-34: 2.03 with the ETag and without a payload when one of several is right, else 2.05.
func conditions_eTagThatIsKnown_isValid(_ check: inout Checker) {
  var server = BodyServer()
  server.resources.note.exists = true
  server.resources.note.byteCount = 3
  server.feed(ask("01", .get))
  check.expectMessages(&server.end, "2.05 T:01 O:4=00000001,12=2a P:3:00bb77")
  server.feed(ask("02", .get, eTag: 1))
  check.expectMessages(&server.end, "2.03 T:02 O:4=00000001 P:0")
  server.feed(ask("03", .get, eTag: 1, otherETag: 7))
  check.expectMessages(&server.end, "2.03 T:03 O:4=00000001 P:0")
  server.feed(ask("04", .get, eTag: 2, otherETag: 7))
  check.expectMessages(&server.end, "2.05 T:04 O:4=00000001,12=2a P:3:00bb77")
  // With another method it means nothing (RFC 7252 section 5.10.6).
  server.feed(ask("05", .post, eTag: 1))
  check.expectMessages(&server.end, "2.04 T:05 O:12=2a P:0")
  server.resources.note.exists = false
  server.feed(ask("06", .get, eTag: 1))
  check.expectMessages(&server.end, "4.04 T:06 O:- P:0")
  check.expectEmpty(&server)
}

// a resource without validators answers in full.
func conditions_noValidator_isAnsweredInFull(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(ask("01", .get, eTag: 0, path: "c"))
  check.expectMessages(&server.end, "2.05 T:01 O:12=2a P:4:00000000")
  server.feed(ask("02", .put, ifMatch: 0, path: "c"))
  check.expectMessages(&server.end, "4.12 T:02 O:- P:0", "matched what is not there")
  server.feed(ask("03", .put, isEmptyMatch: true, path: "c"))
  check.expectMessages(&server.end, "2.04 T:03 O:- P:0")
  check.expectEmpty(&server)
}

// 4.12, and nothing is done.
func conditions_notFulfilled_doNothing(_ check: inout Checker) {
  var server = BodyServer()
  server.feed(ask("01", .put, isEmptyMatch: true))
  check.expectMessages(&server.end, "4.12 T:01 O:- P:0", "nothing exists")
  server.feed(ask("02", .put, ifMatch: 1))
  check.expectMessages(&server.end, "4.12 T:02 O:- P:0")
  check.expect(server.resources.note.putCount == 0)
  server.feed(ask("03", .put, ifNoneMatch: true))
  check.expectMessages(&server.end, "2.01 T:03 O:- P:0")
  server.feed(ask("04", .put, ifNoneMatch: true))
  check.expectMessages(&server.end, "4.12 T:04 O:- P:0")
  server.feed(ask("05", .put, ifMatch: 1))
  check.expectMessages(&server.end, "4.12 T:05 O:- P:0", "an old validator")
  server.feed(ask("06", .delete, ifMatch: 9))
  check.expectMessages(&server.end, "4.12 T:06 O:- P:0")
  check.expect(server.resources.note.exists && server.resources.note.putCount == 1)
  server.feed(ask("07", .put, ifMatch: 2))
  check.expectMessages(&server.end, "2.04 T:07 O:- P:0")
  server.feed(ask("08", .put, isEmptyMatch: true))
  check.expectMessages(&server.end, "2.04 T:08 O:- P:0")
  server.feed(ask("09", .put, ifMatch: 4, isEmptyMatch: true))
  check.expectMessages(&server.end, "2.04 T:09 O:- P:0", "one of two is enough")
  check.expectEmpty(&server)
}

// X-23 X-25: conditions of a wrong length are critical options that nobody knows.
func conditions_illFormed_areBadOptions(_ check: inout Checker) {
  var server = BodyServer()
  server.feed("c103 01 19 {61*9} a16e")
  check.expectMessages(&server.end, "4.02 T:01 O:- P:30")
  server.feed("4103 02 51 00 616e")
  check.expectMessages(&server.end, "4.02 T:02 O:- P:30")
  server.feed("4103 03 50 00 616e")
  check.expectMessages(&server.end, "4.02 T:03 O:- P:30")
  check.expect(server.resources.note.putCount == 0)
  check.expectEmpty(&server)
}

@inline(never)
private func block(
  _ token: StaticString, _ number: UInt32, _ isMore: Bool, path: StaticString, ifMatch: UInt32? = nil,
  ifNoneMatch: Bool = false
) -> RawMessage {
  var message = ask(token, .put, ifMatch: ifMatch, ifNoneMatch: ifNoneMatch, path: path)
  message.add(27, block: number, isMore, exponent: 0)
  message.add(pattern: number * 16..<number * 16 + 16)
  return message
}

// X-35 BL-19: the condition of the first block holds for all of the body, put together or in parts.
func conditions_ofBlocks_holdForTheBody(_ check: inout Checker) {
  var server = BodyServer()
  for exists in 0..<2 {
    server.resources.note.exists = exists == 1
    server.feed(block("01", 0, true, path: "n", ifNoneMatch: true))
    server.end.output.removeAll()
    server.feed(block("02", 1, false, path: "n"))
    check.expectMessages(
      &server.end, exists == 1 ? "4.12 T:02 O:- P:0" : "2.01 T:02 O:27=10 P:0", "other condition")
  }
  check.expect(server.resources.note.putCount == 1)
  // A body that begins anew has the conditions of its own first block.
  server.feed(block("03", 0, true, path: "n", ifNoneMatch: true))
  server.feed(block("04", 0, true, path: "n"))
  server.end.output.removeAll()
  server.feed(block("05", 1, false, path: "n"))
  check.expectMessages(&server.end, "2.04 T:05 O:27=10 P:0")
  server.feed(block("06", 0, true, path: "f", ifNoneMatch: true))
  check.expectMessages(&server.end, "4.12 T:06 O:- P:0")
  server.feed(block("07", 1, false, path: "f"))
  check.expectMessages(&server.end, "4.08 T:07 O:- P:18")
  server.feed(block("08", 0, true, path: "f", ifMatch: 0))
  check.expectMessages(&server.end, "2.31 T:08 O:27=08 P:0")
  // The resource's own parts may have changed it since.
  server.resources.file.version = 8
  server.feed(block("09", 1, false, path: "f", ifMatch: 0))
  check.expectMessages(&server.end, "2.04 T:09 O:27=10 P:0")
  check.expect(server.resources.file.begunCount == 1)
  check.expectEmpty(&server)
}

// no other format than the one that is asked for.
func conditions_accept_isMetOr406(_ check: inout Checker) {
  var server = BodyServer()
  let formats: InlineArray<3, UInt32> = [42, 60, 65001]
  for index in 0..<3 {
    var message = RawMessage(.get, "01")
    message.add(path: "c")
    message.add(17, uint: formats[index])
    server.feed(message)
    check.expectMessages(
      &server.end, index == 0 ? "2.05 T:01 O:12=2a P:4:00000000" : "4.06 T:01 O:- P:0")
  }
  check.expectEmpty(&server)
}

/// Refuses with a waiting time; asks for freshness.
private struct Busy: Resource {
  var path: StaticString { "" }
  var acts = 0

  mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    throw .tooManyRequests(retryAfterSeconds: 300)
  }
  mutating func post(_ request: Request, _ response: inout Response) throws(Refusal) {
    throw .serviceUnavailable("busy", retryAfterSeconds: 10)
  }
  mutating func delete(_ request: Request, _ response: inout Response) throws(Refusal) {
    throw .serviceUnavailable("", retryAfterSeconds: 0)
  }
  mutating func put(_ request: Request, _ response: inout Response) throws(Refusal) {
    guard let echo = request.echo, echo.isEqual(to: StaticString("fresh").bytes) else {
      response.begin(.unauthorized)
      return response.append(.echo, StaticString("fresh").bytes)
    }
    acts += 1
    response.changed()
  }
}

// X-31 X-44 Q-01: Max-Age says when to try again, also at once.
func conditions_waitingTime_isMaxAge(_ check: inout Checker) {
  var resources = Resources { Busy() }
  var end = TestEnd()
  let input = ByteStore(.input, hex: "0101 01 0102 02 0104 03")
  end.feed(input.bytes, serving: &resources)
  check.expectMessages(
    &end, "4.29 T:01 O:14=012c P:0 / 5.03 T:02 O:14=0a P:4:62757379 / 5.03 T:03 O:14= P:0")
  check.expectOpen(&end)
}

// E-01 E-03: not shown to be fresh, nothing is done; an Echo of an impossible length shows nothing.
func conditions_echo_showsFreshness(_ check: inout Checker) {
  var resources = Resources { Busy() }
  var end = TestEnd()
  var store = ByteStore(.input)
  for index in 0..<4 {
    var message = RawMessage(.put, index == 0 ? "01" : index == 1 ? "02" : index == 2 ? "03" : "04")
    if index == 1 { message.add(252, text: "stale") }
    if index == 2 { message.add(252, text: "fresh") }
    if index == 3 { message.add(252, text: "") }
    store.removeAll()
    message.append(to: &store)
    end.feed(store.bytes, serving: &resources)
    check.expectMessages(
      &end,
      index == 0
        ? "4.01 T:01 O:252=6672657368 P:0"
        : index == 1
          ? "4.01 T:02 O:252=6672657368 P:0"
          : index == 2 ? "2.04 T:03 O:- P:0" : "4.01 T:04 O:252=6672657368 P:0")
  }
  check.expect(resources.table.resource.acts == 1)
  check.expectOpen(&end)
}

// X-31 X-44: at a client, Max-Age is 60 unless it is said, and 0 when that is said.
func conditions_maxAge_isReadByAClient(_ check: inout Checker) {
  let texts: InlineArray<4, StaticString> = [
    "1045 c0", "2045 d001", "4045 d2 01 012c", "6045 d4 01 ffffffff",
  ]
  let seconds: InlineArray<4, UInt32> = [60, 0, 300, .max]
  for index in 0..<4 {
    let store = ByteStore(.vector, hex: texts[index])
    var reader = MessageReader(store.bytes)
    check.expect(reader.next()?.maxAgeSeconds == seconds[index], "other Max-Age")
  }
}

// reserved Location numbers beside Location-Path or Location-Query fail the exchange, alone they do not.
func conditions_reservedLocation_failsTheExchange(_ check: inout Checker) {
  var end = TestEnd(.initiator)
  let texts: InlineArray<5, StaticString> = [
    "5041 50000000 81 61 d06b", "5041 50000001 d1 07 61 d05f", "3041 50000002 d073",
    "5041 50000003 81 61 d077", "3041 50000004 81 61",
  ]
  let fails: InlineArray<5, Bool> = [true, true, false, true, false]
  for index in 0..<5 {
    check.expect(end.send(.post) { _ in } == nil)
    end.run()
    end.output.removeAll()
    let failures = end.tally.failures
    let responses = end.tally.responses
    // 4 bytes of token.
    var store = ByteStore(.input)
    var body = ByteStore(.vector, hex: texts[index])
    let length = body.count - 6
    store.append(UInt8(length << 4 | 4))
    body.removeFirst(1)
    store.append(body.bytes)
    end.feed(store.bytes)
    check.expect(end.tally.failures == failures + (fails[index] ? 1 : 0), "not failed")
    check.expect(end.tally.responses == responses + (fails[index] ? 0 : 1), "not answered")
  }
  check.expectOpen(&end)
}
