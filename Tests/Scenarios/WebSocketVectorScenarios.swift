import DeviceCore

// Every vector of group W: what it decodes to, and what comes of it in one piece, byte by byte and cut in two.

// W-04 W-05 W-07 W-12 W-13 WS-10 WS-11 WS-12 WS-13 WS-14 WS-15 WS-16 WS-17 WS-18
func vectorsW_decoded_readAsListed(_ check: inout Checker) {
  for index in 0..<WebSocketVectorTable.count {
    let vector = WebSocketVectorTable.vector(at: index)
    check.subject = vector.id
    let input = ByteStore(.vector, hex: vector.input)
    var text = TextMatcher(vector.decodes)
    describeFrames(input.bytes, vector, to: &text)
    check.expect(text.isComplete, "decoded otherwise")
  }
  check.subject = ""
}

func vectorsW_inOnePiece_handledAsListed(_ check: inout Checker) {
  forEachVector(&check) { vector, input, check in
    run(vector, input, pieces: input.count, cutAt: 0, &check)
  }
}

func vectorsW_byteByByte_handledAsListed(_ check: inout Checker) {
  forEachVector(&check) { vector, input, check in run(vector, input, pieces: 1, cutAt: 0, &check) }
}

func vectorsW_inTwoPieces_handledAsListed(_ check: inout Checker) {
  forEachVector(&check) { vector, input, check in
    for cut in 1..<min(input.count, 40) {
      run(vector, input, pieces: input.count, cutAt: cut, &check)
    }
  }
}

@inline(never)
private func forEachVector(
  _ check: inout Checker, _ body: (WebSocketVector, Span<UInt8>, inout Checker) -> Void
) {
  for index in 0..<WebSocketVectorTable.count {
    let vector = WebSocketVectorTable.vector(at: index)
    check.subject = vector.id
    let input = ByteStore(.vector, hex: vector.input)
    body(vector, input.bytes, &check)
  }
  check.subject = ""
}

@inline(never)
private func run(
  _ vector: WebSocketVector, _ input: Span<UInt8>, pieces: Int, cutAt: Int, _ check: inout Checker
) {
  var limits = Limits()
  limits.maximumMessageByteCount = vector.maxMessageSize
  // V-W06 is as large as a message may be here.
  limits.framingByteCount = 4
  var end = WebSocketEnd(
    vector.isServer ? .server : .client, limits: limits, isLarge: vector.maxMessageSize > 2000)
  if cutAt > 0 {
    end.feed(input.extracting(first: cutAt))
    end.feed(input.extracting(droppingFirst: cutAt))
  } else {
    end.feed(input, largest: pieces)
  }
  if vector.out.utf8CodeUnitCount > 0 {
    check.expect(end.wire.isEqual(hex: vector.out), "other output")
  }
  if vector.isClosed {
    checkClose(vector, &end, &check)
  } else {
    check.expect(vector.out.utf8CodeUnitCount > 0 || end.wire.isEmpty, "output")
    check.expect(end.session.phase == .open && end.end.connection.isOpen, "not open")
    check.expect(!end.session.hasUntaken, "something is left")
  }
}

@inline(never)
private func checkClose(
  _ vector: WebSocketVector, _ end: inout WebSocketEnd, _ check: inout Checker
) {
  var payload = ByteStore(.toServer)
  var reader = FrameReader(end.wire, from: vector.isServer ? .server : .client)
  if vector.isAborted {
    let header = reader.next(&payload)
    check.expect(header?.opcode == .binary, "no message")
    check.expect(payload.count > 3 && payload[0] == 0 && payload[1] == 0xe5, "no Abort with a text")
  }
  let header = reader.next(&payload)
  check.expect(header?.opcode == .close, "no Close")
  check.expect(
    payload.count == 2 && UInt16(payload[0]) << 8 | UInt16(payload[1]) == vector.closeCode,
    "another code")
  check.expect(reader.isAtEnd, "output behind the Close")
  check.expect(end.session.phase == .finished, "not closed")
  check.expect(!end.end.connection.isOpen, "the connection is open")
  let requests = end.end.tally.requests
  end.feed("8282000000000001")
  check.expect(end.end.tally.requests == requests, "input behind the end")
}

// MARK: Decoding

private func describeFrames(
  _ bytes: Span<UInt8>, _ vector: WebSocketVector, to text: inout TextMatcher
) {
  let role: WebSocketRole = vector.isServer ? .server : .client
  let sender: WebSocketRole = vector.isServer ? .client : .server
  var input = WebSocketInput(role, largestMessage: .max)
  var rest = bytes
  while rest.count > 0 {
    if rest.count < bytes.count { text.write(" / ") }
    do throws(WebSocketFault) {
      let progress = try WebSocketFrameHeader.parse(rest, from: sender)
      guard case .complete(let header) = progress else { return text.write("INCOMPLETE") }
      let size = header.byteCount + Int(header.payloadByteCount)
      guard size <= rest.count else { return text.write("INCOMPLETE") }
      var output = ByteStore(.output)
      translate(rest.extracting(first: size), &input, to: &output)
      if let fault = input.fault, !fault.isAboutCoAP { throw fault }
      describe(header, input, output, to: &text)
      rest = rest.extracting(droppingFirst: size)
    } catch {
      text.write("WSERR:")
      return text.write(error.vectorName)
    }
  }
}

private func translate(
  _ frame: Span<UInt8>, _ input: inout WebSocketInput, to output: inout ByteStore
) {
  let start = WebSocketInput.headroom
  let memory = unsafe Region.serverReceive.bytes(Region.capacity)
  let fragments = unsafe Region.serverTransmit.bytes(2048)
  var space = unsafe MutableSpan(_unsafeElements: memory)
  var assembly = unsafe MutableSpan(_unsafeElements: fragments)
  for index in frame.indices { space[start + index] = frame[index] }
  let count = input.translate(&space, from: start, to: start + frame.count, assembly: &assembly)
  output.append(space.span.extracting(first: count))
}

private func describe(
  _ header: WebSocketFrameHeader, _ input: WebSocketInput, _ output: ByteStore,
  to text: inout TextMatcher
) {
  text.write("WS fin=")
  text.write(header.isFinal ? 0x31 : 0x30)
  text.write(" op=")
  text.write(decimal: UInt32(header.opcode.rawValue))
  text.write(" mask=")
  text.write(header.mask == nil ? 0x30 : 0x31)
  text.write(" len=")
  text.write(decimal: header.payloadByteCount)
  if header.opcode.isControl {
    text.write(" ctl:")
    let control = input.control
    text.write(hex: control.span.extracting(first: input.controlCount))
  } else if !header.isFinal {
    text.write(" frag")
  } else if input.fault != nil {
    text.write(input.fault == .lengthNotZero ? " CoAP ERR:ws-len" : " CoAP ERR:short")
  } else {
    text.write(" CoAP ")
    describe(output.bytes, maxMessageSize: .max, maxTokenLength: 8, to: &text)
  }
}

extension WebSocketFault {
  /// What stands behind `WSERR:` in the vectors.
  fileprivate var vectorName: StaticString {
    switch self {
    case .unmaskedFrame: "unmasked"
    case .maskedFrame: "masked"
    case .reservedBits: "rsv"
    case .reservedOpcode: "opcode"
    case .lengthNotMinimal: "nonminimal"
    case .lengthImpossible: "len63"
    case .controlTooLong: "ctl-len"
    case .controlFragmented: "ctl-frag"
    case .closeInvalid: "close-len"
    case .messageInterleaved: "interleave"
    case .textMessage: "text"
    default: "?"
    }
  }
}
