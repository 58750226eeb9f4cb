@testable import DeviceCore
@testable import Scenarios

// Door 10: blocks and observations; the input chooses numbers, sizes, ETags, tokens, codes, and what comes between.

func fuzzBlocks(_ tape: inout Tape) {
  if tape.flag() { fuzzBlockServer(&tape) } else { fuzzBlockClient(&tape) }
}

/// A block number: mostly a small one.
private func number(_ tape: inout Tape) -> UInt32 {
  let choice = tape.byte()
  if choice < 240 { return UInt32(choice) & 7 }
  return UInt32(choice & 15) << 16 | UInt32(tape.byte()) << 8 | UInt32(tape.byte())
}

/// A request for one of the resources, with options that belong to blocks and observations.
@inline(never)
private func request(_ tape: inout Tape, _ server: borrowing BodyServer) -> RawMessage {
  let place = tape.byte()
  let isFile = place & 3 < 2
  let isNote = place & 3 == 2
  let methods: InlineArray<8, Code> = [.get, .get, .put, .put, .put, .post, .fetch, .delete]
  let method = methods[tape.below(8)]
  var message = RawMessage(method, isFile ? "66" : isNote ? "6e" : place & 4 == 0 ? "63" : "7f")
  let extras = tape.byte()
  if extras & 3 == 3 { message.add(1, eTag: UInt32(tape.below(3))) }
  if extras & 12 == 12 { message.add(4, eTag: UInt32(tape.below(3))) }
  if extras & 48 == 48 { message.add(5, uint: 0) }
  if extras & 64 != 0 { message.add(6, uint: UInt32(tape.below(4))) }
  message.add(path: isFile ? "f" : isNote ? "n" : place & 8 == 0 ? "c" : "d")
  let more = tape.byte()
  if more & 3 == 3 { message.add(12, uint: UInt32(tape.below(2)) * 42) }
  if more & 12 == 12 { message.add(17, uint: tape.flag() ? 42 : 60) }
  let exponent = UInt32(tape.byte() & 7)
  if more & 16 != 0 { message.add(23, block: number(&tape), tape.oneIn(8), exponent: exponent) }
  var payload: Range<UInt32> = 0..<UInt32(tape.byte() & 0x7f)
  // Block1 with PUT alone: the file forgets other bodies.
  if method == .put, more & 32 != 0 || isFile {
    let size = UInt32(16) << min(exponent, 6)
    let due = server.resources.file.transfer == nil ? 0 : server.resources.file.receivedByteCount / size
    let block = tape.oneIn(6) || !isFile ? number(&tape) : due
    let isMore = !tape.oneIn(3)
    message.add(27, block: block, isMore, exponent: exponent)
    let start = block << (exponent == 7 ? 10 : exponent + 4)
    let regular = isMore ? size : UInt32(tape.below(1024)) % size
    payload = start..<start + (tape.oneIn(10) ? UInt32(tape.below(1030)) : regular)
  }
  if more & 64 != 0 { message.add(28, uint: 0) }
  if more & 128 != 0 { message.add(60, uint: UInt32(tape.byte()) << UInt32(tape.below(16))) }
  if extras & 128 != 0 { message.add(258, uint: UInt32(tape.below(32))) }
  if !isFile, place & 16 != 0 { message.add(292, uint: UInt32(tape.below(3))) }
  message.add(pattern: payload)
  return message
}

@inline(never)
private func requireLegalAnswers(_ server: inout BodyServer, _ judge: inout Judge) {
  var reader = MessageReader(server.end.output.bytes)
  while let message = reader.next() {
    let block = message.block(.block2)
    require(
      message.code.isResponse || message.code.isSignaling, "sends what is neither a response nor a signal")
    require(message.firstOption(.observe) == nil || message.code.isSuccess, "sends Observe in an error")
    require(
      block?.allows(payloadByteCount: message.payload.count) ?? true, "sends another length than the block")
    require(message.firstOption(.block1) == nil || message.code.isSuccess, "sends Block1 in an error")
    guard message.code == .content, message.token.isEqual(to: ("f" as StaticString).bytes) else { continue }
    guard let version = message.eTag.number else { violate("sends a file without an ETag") }
    require(isPattern(message.payload, at: block?.offset ?? 0, version), "sends other bytes of a file")
  }
  judge.look(&server.end.output)
}

@inline(never)
private func fuzzBlockServer(_ tape: inout Tape) {
  let choice = tape.byte()
  var sizes = Sizes.bodies
  sizes.transmit = 200 + tape.below(256) * 10
  sizes.assembly = choice & 1 == 0 ? 0 : 700
  sizes.answer = choice & 2 == 0 ? 0 : 900
  sizes.observers = choice & 4 == 0 ? 1 : 4
  var limits = Limits()
  if choice & 8 != 0 { limits.largestResponseByteCount = 64 + UInt32(tape.byte()) }
  if choice & 16 != 0 {
    limits.maximumMessageByteCount = 3000
    sizes.receive = 3000
  }
  let conclusion = tape.byte()
  Slot.server.fence(sizes)
  var server = BodyServer(
    limits: limits, sizes: sizes, peerCSM: choice & 32 == 0 ? TestEnd.baseCSM : TestEnd.boundlessCSM)
  server.resources.file.byteCount = UInt32(tape.byte()) * 20
  server.resources.file.largestStreamedBody = 200 + UInt32(tape.byte()) * 12
  var judge = Judge(mayAsk: false, largestMessage: choice & 32 == 0 ? 1152 : .max)
  judge.skipCapabilities()
  while !tape.isAtEnd {
    // Nobody keeps what does not fit.
    if server.end.connection.space.count < 1300 { server.end.takesOutput = true }
    if server.end.takesOutput { server.run() }
    act(&tape, &server, &judge)
    if server.end.takesOutput { server.run() }
    requireLegalAnswers(&server, &judge)
  }
  server.end.takesOutput = true
  server.run()
  requireLegalAnswers(&server, &judge)
  server.end.conclude(conclusion, &judge, serving: &server.resources)
  require(server.resources.file.transfer == nil, "abandons no body")
  require(server.resources.file.faultCount == 0, "hands out parts that are not in order")
  require(server.resources.note.isIntact || server.resources.note.putCount > 0, "changes a body")
}

@inline(never)
private func act(_ tape: inout Tape, _ server: inout BodyServer, _ judge: inout Judge) {
  switch tape.byte() {
  case 0...7:
    server.end.takesOutput = true
    server.run()
    server.wait(UInt32(tape.byte()) << UInt32(tape.below(11)))
  case 8...15: server.resources.file.version += 1
  case 16...23: server.resources.count.value += 1
  case 24...31: server.resources.note.answerByteCount = UInt32(tape.below(1200))
  case 32...39: server.end.takesOutput = tape.flag()
  case 40...43: server.feed("20e1 2164")
  case 44...47:
    judge.raiseLimit(to: 4096)
    server.feed("30e1 221000")
  case 48...51: server.feed("02e2 7e7f")
  case 52...59: server.resources.file.refusedOffset = tape.flag() ? .max : UInt32(tape.byte())
  case 60...63: server.resources.count.refusal = tape.flag() ? nil : .notFound
  default: server.feed(request(&tape, server))
  }
}

// MARK: The client

/// A response to a request of ours, with whatever the input says of blocks; its payload is always where it says.
@inline(never)
private func response(_ tape: inout Tape, _ request: RequestID, _ body: BodyClient) -> RawMessage {
  let codes: InlineArray<12, Code> = [
    .content, .content, .content, .content, .changed, .continue, .continue, .created, .valid, .notFound,
    .requestEntityIncomplete, .requestEntityTooLarge,
  ]
  var message = RawMessage(codes[tape.below(12)], "", serial: request.token)
  let choice = tape.byte()
  if choice & 1 != 0 { message.add(4, eTag: UInt32(tape.byte() >> 6)) }
  if choice & 2 != 0, tape.oneIn(4) { message.add(6, uint: UInt32(tape.byte())) }
  var offset: UInt32 = 0
  var count = UInt32(tape.below(1100))
  if choice & 4 != 0 {
    let exponent = UInt32(tape.byte() & 7)
    let shift = exponent == 7 ? 10 : exponent + 4
    let due = (body.download?.offset ?? 0) >> shift
    let block = tape.oneIn(6) ? number(&tape) : due
    let isMore = !tape.oneIn(4)
    message.add(23, block: block, isMore, exponent: exponent)
    offset = block << shift
    if !tape.oneIn(8) { count = isMore ? 1 << shift : count % (1 << shift) }
  }
  if choice & 8 != 0 {
    let exponent = UInt32(tape.byte() & 7)
    let due = (body.upload?.offset ?? 0) >> (exponent == 7 ? 10 : exponent + 4)
    message.add(27, block: tape.oneIn(6) ? number(&tape) : due, tape.flag(), exponent: exponent)
  }
  if choice & 16 != 0 { message.add(28, uint: UInt32(tape.byte()) << UInt32(tape.below(16))) }
  if choice & 32 != 0 { message.add(60, uint: UInt32(tape.byte()) << UInt32(tape.below(16))) }
  message.add(pattern: offset..<offset + count, body.version)
  return message
}

@inline(never)
private func fuzzBlockClient(_ tape: inout Tape) {
  let choice = tape.byte()
  var sizes = Sizes.bodies
  sizes.receive = 1300
  sizes.transmit = 200 + tape.below(256) * 10
  let conclusion = tape.byte()
  Slot.client.fence(sizes)
  var end = TestEnd(
    .initiator, slot: .client, sizes: sizes,
    peerCSM: choice & 1 == 0 ? TestEnd.baseCSM : TestEnd.boundlessCSM)
  var judge = Judge(mayAsk: true, largestMessage: choice & 1 == 0 ? 1152 : .max)
  judge.skipCapabilities()
  let size = BlockSize(rawValue: UInt8(truncatingIfNeeded: tape.below(8))) ?? .largest
  var bodies: InlineArray<2, BodyClient> = [
    BodyClient(download: BodyDownload(largest: choice & 2 == 0 ? nil : size), from: "f"),
    BodyClient(
      upload: BodyUpload(
        byteCount: UInt32(tape.byte()) * 16, largest: size, isSplit: choice & 4 != 0,
        tag: choice & 8 == 0 ? nil : 7), to: "f"),
  ]
  while !tape.isAtEnd {
    for index in 0..<2 { bodies[index].advance(&end) }
    _ = end.flush()
    judge.look(&end.output)
    let index = tape.below(2)
    if let request = bodies[index].request {
      var input = ByteStore(.input)
      response(&tape, request, bodies[index]).append(to: &input)
      _ = end.connection.receive(input.bytes, at: end.now)
    } else if bodies[0].isOver && bodies[1].isOver {
      break
    } else {
      end.now = end.now + Milliseconds(UInt32(tape.byte()) * 100)
    }
    note(&end, &bodies)
    requireSound(bodies)
  }
  end.run()
  for index in 0..<2 {
    if let request = bodies[index].request { end.connection.cancel(request) }
  }
  var handler = ScriptedHandler()
  end.conclude(conclusion, &judge, serving: &handler)
}

private func note(_ end: inout TestEnd, _ bodies: inout InlineArray<2, BodyClient>) {
  while let event = end.connection.poll(at: end.now) {
    let isMine = bodies[0].note(event, on: end.connection) || bodies[1].note(event, on: end.connection)
    if !isMine { end.tally.note(event, on: end.connection) }
  }
}

private func requireSound(_ bodies: InlineArray<2, BodyClient>) {
  require(bodies[0].isIntact, "takes a part of a download for another")
  if bodies[0].fault == nil, let body = bodies[0].download {
    require(body.offset == bodies[0].receivedByteCount, "counts the bytes of a download wrongly")
  }
  if let body = bodies[1].upload {
    require(body.offset <= body.byteCount, "sends more than there is of an upload")
  }
}
