import DeviceCore

// Blocks and observations in any order, from a seed: no trap, legal output, and empty tables at the end.

/// A request for one of the resources, with options that belong to blocks and observations.
private func request(_ random: inout Random, _ server: borrowing BodyServer) -> RawMessage {
  let isFile = random.oneIn(2)
  let isNote = !isFile && random.oneIn(2)
  let methods: InlineArray<6, Code> = [.get, .get, .put, .put, .post, .fetch]
  let method = methods[random.below(6)]
  var message = RawMessage(method, isFile ? "66" : isNote ? "6e" : random.oneIn(2) ? "63" : "7f")
  if random.oneIn(12) { message.add(1, uint: random.oneIn(2) ? 0 : 0x0100_0000) }
  if random.oneIn(12) { message.add(4, eTag: UInt32(random.below(3))) }
  if random.oneIn(12) { message.add(5, uint: 0) }
  if random.oneIn(4) { message.add(6, uint: UInt32(random.below(random.oneIn(8) ? 9 : 2))) }
  message.add(path: isFile ? "f" : isNote ? "n" : random.oneIn(2) ? "c" : "d")
  if random.oneIn(12) { message.add(12, uint: UInt32(random.below(2)) * 42) }
  if random.oneIn(10) { message.add(17, uint: random.oneIn(2) ? 42 : 60) }
  let exponent = UInt32(random.oneIn(6) ? random.below(8) : random.below(3))
  if random.oneIn(3) { message.add(23, block: number(&random), random.oneIn(8), exponent: exponent) }
  var payload: Range<UInt32> = 0..<UInt32(random.below(100))
  // Block1 with PUT alone: the file forgets other bodies.
  if method == .put, !random.oneIn(4) {
    // Mostly the block that is due, so that bodies get somewhere.
    let size = UInt32(16) << min(exponent, 6)
    let due = server.resources.file.transfer == nil ? 0 : server.resources.file.receivedByteCount / size
    let block = random.oneIn(6) || !isFile ? number(&random) : due
    let isMore = !random.oneIn(3)
    message.add(27, block: block, isMore, exponent: exponent)
    let start = block << (exponent == 7 ? 10 : exponent + 4)
    let regular = isMore ? size : UInt32(random.below(Int(size)))
    let count = random.oneIn(10) ? UInt32(random.below(1030)) : regular
    payload = start..<start + count
  } else if method == .put, isFile {
    payload = 0..<payload.upperBound
  }
  if random.oneIn(8) { message.add(28, uint: 0) }
  if random.oneIn(8) { message.add(60, uint: UInt32(random.below(1 << 22))) }
  if random.oneIn(16) { message.add(258, uint: UInt32(random.below(32))) }
  if !isFile, random.oneIn(4) { message.add(292, uint: UInt32(random.below(3))) }
  message.add(pattern: payload)
  return message
}

private func number(_ random: inout Random) -> UInt32 {
  random.oneIn(12) ? UInt32(random.below(0x10_0000)) : UInt32(random.below(random.oneIn(2) ? 2 : 6))
}

/// Each message of the output is legal, and the bytes of the file are those of its ETag and block.
@inline(never)
private func expectLegalOutput(_ check: inout Checker, _ server: inout BodyServer) {
  var reader = MessageReader(server.end.output.bytes)
  while let message = reader.next() {
    check.expect(message.code.isResponse || message.code == .pong, "neither response nor Pong")
    check.expect(message.firstOption(.observe) == nil || message.code.isSuccess, "Observe in an error")
    let block = message.block(.block2)
    let hasLength = block?.allows(payloadByteCount: message.payload.count) ?? true
    check.expect(hasLength, "other length than the block")
    check.expect(message.firstOption(.block1) == nil || message.code.isSuccess, "Block1 in an error")
    guard message.code == .content, message.token.count == 1, message.token[0] == 0x66 else { continue }
    check.expect(message.eTag.number != nil, "no ETag")
    check.expect(
      isPattern(message.payload, at: block?.offset ?? 0, message.eTag.number ?? 0), "other bytes")
  }
  check.expect(reader.rest.count == 0 || !server.end.takesOutput, "half a message")
  if reader.rest.count == 0 { server.end.output.removeAll() }
}

// O-09 BL-02 BL-03 BL-08 BL-13 BL-16 OB-03 OB-13
func bodies_randomRequests_endLegally(_ check: inout Checker) {
  var doneCount = 0
  var abandonedCount = 0
  var observerCount = 0
  for seed in UInt32(1)...60 {
    var random = Random(seed: seed)
    var sizes = Sizes.bodies
    sizes.transmit = 200 + random.below(2400)
    sizes.assembly = random.below(2) * 700
    sizes.answer = random.below(2) * 900
    var limits = Limits()
    if seed % 3 == 0 { limits.largestResponseByteCount = 64 + UInt32(random.below(400)) }
    if seed % 4 == 0 {
      limits.maximumMessageByteCount = 3000
      sizes.receive = 3000
    }
    var server = BodyServer(
      limits: limits, sizes: sizes, peerCSM: random.oneIn(2) ? TestEnd.baseCSM : TestEnd.boundlessCSM)
    server.resources.file.byteCount = UInt32(random.below(5000))
    server.resources.file.largestStreamedBody = UInt32(200 + random.below(3000))
    for _ in 0..<80 {
      // Nobody keeps what does not fit.
      if server.end.connection.space.count < 1300 { server.end.takesOutput = true }
      if server.end.takesOutput { server.run() }
      switch random.below(20) {
      case 0:
        // Who does not read for a minute loses the connection.
        server.end.takesOutput = true
        server.run()
        server.wait(UInt32(random.below(random.oneIn(4) ? 300_000 : 1000)))
      case 1: server.resources.file.version += 1
      case 2: server.resources.count.value += 1
      case 3: server.resources.note.answerByteCount = UInt32(random.below(1200))
      case 4: server.end.takesOutput = !random.oneIn(3)
      case 5: server.feed(random.oneIn(2) ? "20e1 2164" : "30e1 221000")
      case 6: server.feed("02e2 7e7f")
      case 7: server.resources.file.refusedOffset = random.oneIn(2) ? .max : UInt32(random.below(200))
      default: server.feed(request(&random, server))
      }
      if server.end.takesOutput { server.run() }
      expectLegalOutput(&check, &server)
      observerCount += server.end.connection.observerCount
    }
    server.end.takesOutput = true
    server.run()
    expectLegalOutput(&check, &server)
    server.end.connection.transportFailed()
    server.run()
    check.expect(server.end.connection.isOver && server.end.connection.observerCount == 0, "things left")
    check.expect(server.end.connection.deadline == nil, "timers left")
    check.expect(server.resources.file.transfer == nil, "a body left")
    check.expect(server.resources.file.faultCount == 0, "parts out of order")
    check.expect(server.end.tally.illegal == 0, "illegal events")
    doneCount += server.resources.file.doneCount
    abandonedCount += server.resources.file.abandonedCount
  }
  // It comes to all that it is about.
  check.expect(doneCount > 20 && abandonedCount > 50 && observerCount > 200, "nothing happens")
}

// O-09 BL-16: a transfer that is cut anywhere leaves nothing on either side.
func bodies_cutAnywhere_leaveNothing(_ check: inout Checker) {
  for seed in UInt32(1)...60 {
    var pair = Pair(
      seed: seed, largestPiece: 1 + Int(seed) * 9, clientSizes: .bodies, serverSizes: .bodies)
    var resources = bodyResources()
    resources.file.byteCount = 20_000
    let isUp = seed % 2 == 0
    var body =
      isUp
      ? BodyClient(upload: BodyUpload(byteCount: 20_000, largest: .largest), to: "f")
      : BodyClient(download: BodyDownload(largest: BlockSize(rawValue: 4)), from: "f")
    for _ in 0..<pair.random.below(400) { _ = pair.step(&body, serving: &resources) }
    switch pair.random.below(4) {
    case 0: pair.client.connection.abort("test", at: pair.now)
    case 1: pair.server.connection.abort("test", at: pair.now)
    case 2:
      pair.client.connection.transportFailed()
      pair.server.connection.transportFailed()
    default: pair.client.connection.release(at: pair.now)
    }
    for _ in 0..<5000 {
      let hasMoved = pair.step(&body, serving: &resources)
      if pair.client.connection.isOver && pair.server.connection.isOver { break }
      if !hasMoved {
        pair.client.now = pair.client.now + Milliseconds(500)
        pair.server.now = pair.client.now
      }
    }
    _ = pair.step(&body, serving: &resources)
    check.expect(pair.client.connection.isOver && pair.server.connection.isOver, "not over")
    check.expect(pair.client.connection.requestCount == 0 && pair.server.connection.deadline == nil)
    check.expect(resources.file.transfer == nil && resources.file.faultCount == 0, "a body left")
    check.expect(resources.file.abandonedCount + resources.file.doneCount == resources.file.begunCount)
    check.expect(body.isOver || body.request == nil, "a request without an end")
    check.expect(body.isIntact)
    check.expectLegal(pair)
  }
}

// B-09: sizes that change at random from block to block, up and down.
func bodies_sizesChangeAtRandom_areIntact(_ check: inout Checker) {
  for seed in UInt32(1)...20 {
    var random = Random(seed: seed)
    var limits = Limits()
    limits.maximumMessageByteCount = 4200
    var sizes = Sizes.bodies
    sizes.receive = 4200
    sizes.transmit = 4200
    var server = BodyServer(limits: limits, sizes: sizes)
    server.resources.file.byteCount = 20_000
    var offset: UInt32 = 0
    while offset < 20_000 {
      var message = RawMessage(.put, "66")
      message.add(path: "f")
      var exponent = UInt32(random.below(8))
      var unit = UInt32(16) << min(exponent, 6)
      while offset % unit != 0 {
        exponent = min(exponent, 6) - 1
        unit = UInt32(16) << exponent
      }
      let count = min(20_000 - offset, exponent == 7 ? unit * UInt32(1 + random.below(3)) : unit)
      message.add(27, block: offset / unit, offset + count < 20_000, exponent: exponent)
      message.add(pattern: offset..<offset + count)
      server.feed(message)
      // The same part, as the server has it.
      var back = RawMessage(.get, "66")
      back.add(path: "f")
      back.add(23, block: offset / unit, exponent: exponent)
      server.feed(back)
      expectLegalOutput(&check, &server)
      offset += count
    }
    check.expect(server.resources.file.receivedByteCount == 20_000 && server.resources.file.doneCount == 1)
    check.expectEmpty(&server)
  }
}
