import DeviceCore

// What a WebSocket does beside the vectors: limits, order of the end, random traffic.

// WS-21: from its header alone.
func webSocket_frameOf2To60_isRefusedWith1009(_ check: inout Checker) {
  var end = WebSocketEnd(.server)
  end.feed("82ff1000000000000000")
  check.expectClose(&end, .messageTooBig, abort: true)
}

// F-12 WS-21
func webSocket_frameAboveTheLimit_isRefusedWith1009(_ check: inout Checker) {
  var end = WebSocketEnd(.server)
  end.feed("82fe048100000000")
  check.expectClose(&end, .messageTooBig, abort: true)
}

func webSocket_frameOfTheLimit_isTaken(_ check: inout Checker) {
  var limits = Limits()
  limits.framingByteCount = 4
  var end = WebSocketEnd(.server, limits: limits)
  // A response nobody waits for, of 1152 bytes.
  end.feed("82fe0480000000000045ff{41*1149}")
  check.expect(end.wire.isEmpty && end.end.connection.isOpen, "not taken")
  end.feed("8282000000000001")
  var payload = ByteStore(.toServer)
  var reader = FrameReader(end.wire, from: .server)
  _ = reader.next(&payload)
  check.expect(payload.count > 1 && payload[1] != 0xe5, "no answer")
}

// WS-21
func webSocket_fragmentsWithoutEnd_areRefusedWith1009(_ check: inout Checker) {
  var end = WebSocketEnd(.server, fragmentCapacity: 256)
  end.feed("0282000000000001")
  for _ in 0..<300 where end.session.phase == .open { end.feed("00810000000041") }
  check.expectClose(&end, .messageTooBig, abort: true)
}

func webSocket_fragmentsAboveTheLimit_areRefusedBeforeTheyCome(_ check: inout Checker) {
  var end = WebSocketEnd(.server, fragmentCapacity: 256)
  end.feed("02fe0080000000000001ff{41*125}")
  check.expect(end.wire.isEmpty, "refused too early")
  end.feed("00fe00ff00000000")
  check.expectClose(&end, .messageTooBig, abort: true)
}

func webSocket_emptyFragments_areCounted(_ check: inout Checker) {
  var end = WebSocketEnd(.server)
  end.feed("028000000000")
  for _ in 0..<62 { end.feed("008000000000") }
  end.feed("808300000000014101")
  check.expect(end.wire.isEmpty, "a few are legal")
  end.feed("028000000000")
  for _ in 0..<64 { end.feed("008000000000") }
  check.expectClose(&end, .policyViolation, abort: false)
}

// WS-17: a Close without a code is answered by one.
func webSocket_closeWithoutACode_isAnsweredWithoutOne(_ check: inout Checker) {
  var end = WebSocketEnd(.server)
  end.feed("888000000000")
  check.expect(end.wire.isEqual(hex: "8800"), "another answer")
  check.expect(end.end.tally.end == .closedByPeer, "another end")
}

// WS-17 WS-19
func webSocket_closeCodes_onlyThoseThatMayBeSent(_ check: inout Checker) {
  var count = 0
  for code in 0..<5100 {
    let isSendable = WebSocketCloseCode(rawValue: UInt16(code)).isSendable
    if isSendable { count += 1 }
    if code < 1000 || code == 1005 || code == 1006 || code == 1015 || code >= 5000 {
      check.expect(!isSendable, "may not be sent")
    }
  }
  check.expect(count == 2012, "another count")
  var end = WebSocketEnd(.server)
  end.feed("88820000000003ed")
  check.expectClose(&end, .protocolError, abort: false)
}

// AMB 18: what is owed goes out before the Close.
func webSocket_requestBeforeTheClose_isAnsweredFirst(_ check: inout Checker) {
  var end = WebSocketEnd(.server)
  end.feed("828300000000010177 88820000000003e8")
  var payload = ByteStore(.toServer)
  var reader = FrameReader(end.wire, from: .server)
  check.expect(reader.next(&payload)?.opcode == .binary && payload[2] == 0x77, "no answer")
  check.expect(reader.next(&payload)?.opcode == .close && payload[1] == 0xe8, "no Close")
  check.expect(reader.isAtEnd, "more")
}

// WS-20: a good message before a bad frame counts, nothing behind it.
func webSocket_behindABadFrame_nothingIsRead(_ check: inout Checker) {
  var end = WebSocketEnd(.server)
  end.feed("828300000000010177 838000000000 828300000000010178")
  check.expect(end.end.tally.requests == 1, "not one request")
  end.wire.removeAll()
  end.feed("828300000000010179")
  check.expect(end.end.tally.requests == 1 && end.wire.isEmpty, "goes on")
}

// The peer's Release: its answers, then a Close with 1000.
func webSocket_release_endsWith1000(_ check: inout Checker) {
  var end = WebSocketEnd(.server)
  end.feed("82820000000000e4")
  check.expectClose(&end, .normal, abort: false)
  check.expect(end.end.tally.releases == 1, "no Release")
}

// The peer does not begin with a CSM: as on TCP (W-14 A-09).
func webSocket_abortOfTheConnection_endsWith1002(_ check: inout Checker) {
  var end = WebSocketEnd(.server)
  end.feed("82820000000000e7")
  check.expectClose(&end, .protocolError, abort: true)
}

// WS-16: the latest Ping is enough, and a Pong nobody asked for is none of our business.
func webSocket_pings_theLastIsAnswered(_ check: inout Checker) {
  var end = WebSocketEnd(.server)
  end.feed("8a8100000000aa 898100000000bb 898200000000ccdd")
  check.expect(end.wire.isEqual(hex: "8a02ccdd"), "another answer")
  end.wire.removeAll()
  end.feed("8980{00*4}")
  check.expect(end.wire.isEqual(hex: "8a00"), "no empty Pong")
}

// W-05: any message, in any fragments, with control frames anywhere, read in any pieces, is the same behind it.
func webSocket_randomTraffic_comesThroughUnchanged(_ check: inout Checker) {
  for seed in 1...60 {
    var random = Random(seed: UInt32(seed))
    runTraffic(&random, role: seed % 2 == 0 ? .client : .server, &check)
  }
}

@inline(never)
private func runTraffic(_ random: inout Random, role: WebSocketRole, _ check: inout Checker) {
  var messages = ByteStore(.vector)
  var frames = ByteStore(.toServer)
  for _ in 0..<1 + random.below(8) {
    var message = ByteStore(.output)
    random.appendMessage(to: &message, code: UInt8(1 + random.below(7)), largestToken: 300, largestOption: 60)
    messages.append(message.bytes)
    appendFrames(of: message.bytes, from: role, &random, to: &frames)
  }
  var input = WebSocketInput(role == .client ? .server : .client, largestMessage: 4096)
  let received = read(frames.bytes, &input, &random)
  check.expect(input.fault == nil && !input.isClosed, "refused")
  check.expect(received.bytes.isEqual(to: messages.bytes), "other bytes")
}

/// One message as frames: the core's own, or the same payload in fragments.
@inline(never)
private func appendFrames(
  of message: Span<UInt8>, from role: WebSocketRole, _ random: inout Random, to frames: inout ByteStore
) {
  var output = WebSocketOutput(role)
  var whole = ByteStore(.toClient)
  let memory = unsafe Region.serverTransmit.bytes(40 + random.below(3000))
  var space = unsafe MutableSpan(_unsafeElements: memory)
  var rest = message
  while rest.count > 0 {
    var offset = 0
    let piece = rest.extracting(first: 1 + random.below(rest.count))
    let taken = output.translate(piece, mask: random.next(), to: &space, at: &offset)
    whole.append(space.span.extracting(first: offset))
    rest = rest.extracting(droppingFirst: taken)
  }
  guard random.oneIn(2) else { return frames.append(whole.bytes) }
  var payload = ByteStore(.input)
  var reader = FrameReader(whole, from: role)
  _ = reader.next(&payload)
  var isFirst = true
  while true {
    if random.oneIn(3) {
      appendFrame(
        random.oneIn(2) ? 0x89 : 0x8a, payload.bytes.extracting(first: 0), role, &random, to: &frames)
    }
    let count = random.oneIn(8) ? 0 : 1 + random.below(payload.count)
    let isLast = count == payload.count
    let first: UInt8 = (isLast ? 0x80 : 0) | (isFirst ? 2 : 0)
    appendFrame(first, payload.bytes.extracting(first: count), role, &random, to: &frames)
    payload.removeFirst(count)
    isFirst = false
    if isLast { return }
  }
}

@inline(never)
private func appendFrame(
  _ first: UInt8, _ payload: Span<UInt8>, _ role: WebSocketRole, _ random: inout Random,
  to frames: inout ByteStore
) {
  frames.append(first)
  let bit: UInt8 = role == .client ? 0x80 : 0
  if payload.count < 126 {
    frames.append(bit | UInt8(payload.count))
  } else {
    frames.append(bit | 126)
    frames.append(UInt8(payload.count >> 8))
    frames.append(UInt8(payload.count & 0xff))
  }
  var key: InlineArray<4, UInt8> = [0, 0, 0, 0]
  if role == .client {
    for index in 0..<4 {
      key[index] = random.byte()
      frames.append(key[index])
    }
  }
  for index in payload.indices { frames.append(payload[index] ^ key[index % 4]) }
}

/// Reads as a stream does, into spaces of any size.
@inline(never)
private func read(
  _ frames: Span<UInt8>, _ input: inout WebSocketInput, _ random: inout Random
) -> ByteStore {
  var received = ByteStore(.output)
  let start = WebSocketInput.headroom
  let memory = unsafe Region.serverReceive.bytes(start + 1 + random.below(700))
  let fragments = unsafe Region.clientReceive.bytes(4200)
  var space = unsafe MutableSpan(_unsafeElements: memory)
  var assembly = unsafe MutableSpan(_unsafeElements: fragments)
  var rest = frames
  while rest.count > 0 || input.hasAssembled {
    var count = 0
    if input.hasAssembled {
      count = input.takeAssembled(assembly: assembly, to: &space, at: 0, limit: space.count)
    } else {
      let size = min(min(rest.count, input.readLimit), 1 + random.below(space.count - start))
      for index in 0..<size { space[start + index] = rest[index] }
      count = input.translate(&space, from: start, to: start + size, assembly: &assembly)
      rest = rest.extracting(droppingFirst: size)
    }
    received.append(space.span.extracting(first: count))
  }
  return received
}

// Noise never traps, and is given up sooner or later or read on.
func webSocket_randomNoise_endsInOrder(_ check: inout Checker) {
  for seed in 1...200 {
    var random = Random(seed: UInt32(seed))
    var noise = ByteStore(.vector)
    // Legal first bytes now and then, so that the noise gets further.
    for _ in 0..<8 {
      if random.oneIn(2) {
        noise.append(hex: "828a37fa213d")
      } else if random.oneIn(3) {
        noise.append(hex: "028300000000")
      }
      random.appendNoise(to: &noise, 10)
    }
    var end = WebSocketEnd(.server)
    end.feed(noise.bytes, largest: 1 + random.below(30))
    check.expect(end.wire.lostCount == 0, "too much output")
    let isOver = end.session.phase == .finished
    check.expect(isOver != end.end.connection.isOpen || end.end.tally.closed > 0, "half over")
  }
}

extension Checker {
  /// All that left is an Abort where one is due, and a Close with this code; the WebSocket is closed.
  @inline(never)
  mutating func expectClose(
    _ end: inout WebSocketEnd, _ code: WebSocketCloseCode, abort: Bool,
    file: StaticString = #fileID, line: UInt32 = #line
  ) {
    var payload = ByteStore(.toServer)
    var reader = FrameReader(end.wire, from: end.session.isClient ? .client : .server)
    if abort {
      let header = reader.next(&payload)
      expect(header?.opcode == .binary, "no message", file: file, line: line)
      expect(payload.count > 3 && payload[1] == 0xe5, "no Abort with a text", file: file, line: line)
    }
    let header = reader.next(&payload)
    expect(header?.opcode == .close, "no Close", file: file, line: line)
    let found = payload.count == 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : 0
    expect(found == code.rawValue, "another code", file: file, line: line)
    expect(reader.isAtEnd, "more output", file: file, line: line)
    expect(end.session.phase == .finished, "not closed", file: file, line: line)
    end.wire.removeAll()
  }
}
