import DeviceCore

// What holds for all inputs, tried with many that are drawn from a seed.

/// Sends every part of a request back: what the writer makes of it must be what the reader was given.
private struct Mirror: RequestHandler {
  mutating func respond(to request: Request, _ response: inout Response) {
    response.begin(.content)
    var options = request.message.options
    while let option = options.next() { response.append(option.number, option.value) }
    // In two pieces, so that the second one needs no marker.
    let half = request.payload.count / 2
    response.append(request.payload.extracting(first: half))
    response.append(request.payload.extracting(droppingFirst: half))
  }
}

// F-05 F-07 X-05 X-06: encode(decode(x)) == x.
func codec_randomMessages_areWrittenAsTheyWereRead(_ check: inout Checker) {
  var random = Random(seed: 20)
  var limits = Limits()
  limits.maximumMessageByteCount = 4096
  limits.maximumTokenByteCount = 300
  for round in 0..<600 {
    var message = ByteStore(.vector)
    let code = UInt8(1 + random.below(31))
    random.appendMessage(
      to: &message, code: code, largestToken: round % 10 == 0 ? 300 : 8, largestOption: 320,
      isPlain: true)
    var end = TestEnd(
      limits: limits, sizes: Sizes(receive: 4096, transmit: 4300), peerCSM: TestEnd.boundlessCSM)
    var mirror = Mirror()
    check.expect(end.connection.receive(message.bytes, at: end.now) == message.count)
    check.expect(end.connection.poll(at: end.now) == .request, "no request")
    end.connection.serve(&mirror, at: end.now)
    end.run()
    check.expect(isMirrored(message.bytes, end.output.bytes), "written otherwise")
    end.output.removeAll()
  }
}

/// Whether both are the same but for the code.
private func isMirrored(_ one: Span<UInt8>, _ other: Span<UInt8>) -> Bool {
  guard one.count == other.count else { return false }
  let form = one[0] >> 4
  let place = form < 13 ? 1 : form == 13 ? 2 : form == 14 ? 3 : 5
  guard other[place] == Code.content.rawValue else { return false }
  for index in one.indices where index != place && one[index] != other[index] { return false }
  return true
}

// F-13: how the stream is cut makes no difference.
func connection_randomSplits_tellTheSameStory(_ check: inout Checker) {
  var random = Random(seed: 7)
  for _ in 0..<60 {
    var stream = ByteStore(.vector)
    for _ in 0..<1 + random.below(12) { random.appendTraffic(to: &stream) }
    if random.oneIn(3) { random.appendNoise(to: &stream, 1 + random.below(12)) }
    var whole = TestEnd()
    whole.handler.largeByteCount = 300
    whole.feed(stream.bytes)
    let story = checksum(whole.output.bytes)
    let length = whole.output.count
    for cut in 0..<6 {
      var end = TestEnd()
      end.handler.largeByteCount = 300
      end.largestWrite = 1 + random.below(50)
      var offset = 0
      while offset < stream.count {
        let count = min(stream.count - offset, 1 + random.below(cut == 0 ? 1 : 40))
        end.feed(stream.bytes.extracting(offset..<offset + count))
        offset += count
      }
      check.expect(end.output.count == length, "other amount of output")
      check.expect(checksum(end.output.bytes) == story, "other output")
      check.expect(end.tally.requests == whole.tally.requests, "other requests")
      check.expect(end.tally.capabilities == whole.tally.capabilities, "other capabilities")
      check.expect(end.tally.aborts == whole.tally.aborts, "other Aborts")
      check.expect(end.connection.isOpen == whole.connection.isOpen, "other state")
      check.expect(
        end.connection.transportAction == whole.connection.transportAction, "other action")
      check.expectLegal(end)
      end.output.removeAll()
    }
  }
}

private func checksum(_ bytes: Span<UInt8>) -> UInt32 {
  var sum: UInt32 = 0x811c_9dc5
  for index in bytes.indices { sum = (sum ^ UInt32(bytes[index])) &* 0x0100_0193 }
  return sum
}

/// Feeds bytes and ends in one of several ways: it must come to a legal end, whatever they were.
@inline(never)
private func expectLegalEnd(
  _ check: inout Checker, _ bytes: Span<UInt8>, _ random: inout Random, csm: StaticString
) {
  var limits = Limits()
  limits.maximumMessageByteCount = 200
  if random.oneIn(2) { limits.drainByteCount = 2000 }
  if random.oneIn(3) { limits.maximumTokenByteCount = 300 }
  if random.oneIn(4) { limits.legacyPeerWait = Milliseconds(100) }
  var end = TestEnd(
    random.oneIn(2) ? .initiator : .acceptor, limits: limits,
    sizes: Sizes(receive: 200 + random.below(100), transmit: 160 + random.below(300)), peerCSM: csm)
  end.handler.answersDeferred = random.oneIn(2)
  end.largestWrite = 1 + random.below(20)
  if random.oneIn(2) { _ = end.ask() }
  if random.oneIn(4) { _ = end.ping(custody: true) }
  end.feed(bytes)
  if random.oneIn(4) { end.connection.release(at: end.now) }
  if random.oneIn(4) { end.wait(UInt32(random.below(100_000))) }
  end.handler.answersDeferred = true
  switch random.below(3) {
  case 0:
    end.connection.abort("test", at: end.now)
    check.expect(end.finish(), "does not end")
  case 1:
    end.endInput()
    check.expect(end.finish(), "does not end")
  default: end.fail()
  }
  check.expect(end.connection.isOver && end.tally.closed == 1, "not one last event")
  check.expect(end.tally.outstanding == 0 && end.connection.requestCount == 0, "requests left")
  check.expect(end.connection.deferredCount == 0 && end.connection.deadline == nil, "things left")
  check.expect(end.connection.poll(at: end.now) == nil, "events behind the last one")
  check.expectLegal(end)
  // What it sent before was in order: whole messages, an Abort as the last one at most.
  var reader = MessageReader(end.output.bytes)
  var last = Code.empty
  while let message = reader.next() {
    check.expect(last != .abort, "output behind an Abort")
    last = message.code
  }
  if !end.connection.isOver || last == .abort { check.expect(reader.rest.count == 0, "half a message") }
  end.output.removeAll()
}

func connection_randomBytes_endLegally(_ check: inout Checker) {
  var random = Random(seed: 1)
  for round in 0..<2000 {
    var bytes = ByteStore(.vector)
    random.appendNoise(to: &bytes, random.below(80))
    expectLegalEnd(&check, bytes.bytes, &random, csm: round % 4 == 0 ? "" : TestEnd.baseCSM)
  }
}

func connection_damagedTraffic_endsLegally(_ check: inout Checker) {
  var random = Random(seed: 2)
  for _ in 0..<1000 {
    var bytes = ByteStore(.vector)
    var damaged = ByteStore(.toServer)
    for _ in 0..<1 + random.below(6) { random.appendTraffic(to: &bytes) }
    for index in 0..<bytes.count {
      if random.oneIn(40) { continue }
      damaged.append(random.oneIn(40) ? random.byte() : bytes[index])
      if random.oneIn(80) { damaged.append(random.byte()) }
    }
    expectLegalEnd(&check, damaged.bytes, &random, csm: TestEnd.boundlessCSM)
  }
}

func connection_damagedVectors_endLegally(_ check: inout Checker) {
  var random = Random(seed: 3)
  for index in 0..<VectorTable.count {
    let vector = VectorTable.vector(at: index)
    guard vector.maxMessageSize < 2000 else { continue }
    check.subject = vector.id
    let input = ByteStore(.vector, hex: vector.input)
    for _ in 0..<8 {
      var damaged = ByteStore(.toServer)
      damaged.append(input.bytes)
      let place = random.below(input.count)
      damaged.removeAll()
      for index in 0..<input.count {
        damaged.append(index == place ? input[index] ^ (1 << UInt8(random.below(8))) : input[index])
      }
      expectLegalEnd(
        &check, damaged.bytes, &random, csm: vector.group == 0x43 ? "" : TestEnd.baseCSM)
    }
  }
  check.subject = ""
}

// Reading a message that holds together touches nothing outside of it, whatever its bytes are.
func message_randomBytes_isReadOrRefused(_ check: inout Checker) {
  var random = Random(seed: 4)
  for _ in 0..<4000 {
    var bytes = ByteStore(.vector)
    let count = 1 + random.below(24)
    // A header of the direct form, so that it fits more often.
    bytes.append(UInt8(min(count - 1, 12)) << 4 | UInt8(random.oneIn(4) ? random.below(16) : 0))
    random.appendNoise(to: &bytes, count)
    let progress = try? FrameHeader.parse(bytes.bytes, maximumTokenByteCount: 300)
    guard case .complete(let header) = progress,
      header.messageByteCount <= UInt32(bytes.count)
    else { continue }
    let size = Int(header.messageByteCount)
    guard let message = try? Message(bytes.bytes.extracting(first: size), header: header)
    else { continue }
    var options = message.options
    var sum = 0
    while let option = options.next() { sum += option.value.count + (option.uint == nil ? 1 : 0) }
    sum += message.token.count + message.payload.count
    check.expect(sum <= size * 2, "more than there is")
  }
}
