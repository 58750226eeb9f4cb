import DeviceCore

/// One end of a WebSocket in a scenario, with its connection: what a port's stream does, without one.
struct WebSocketEnd: ~Copyable {
  var session: WebSocketSession
  var end: TestEnd
  /// What left on the WebSocket and was not looked at yet.
  var wire = ByteStore(.toClient)
  /// Of every frame, as in the vectors.
  var mask: UInt32 = 0x37fa_213d
  private var hasToldEnd = false

  /// - Parameter peerCSM: of the peer, in the form of a stream; it is not framed.
  @inline(never)
  init(_ role: WebSocketRole, limits: Limits = Limits(), fragmentCapacity: Int = 2048, isLarge: Bool = false)
  {
    let memory = unsafe WebSocketMemory(
      fragments: Region.clientReceive.bytes(fragmentCapacity), output: Region.clientTransmit.bytes(2048))
    session = WebSocketSession(memory: memory)
    var sizes = isLarge ? Sizes.large : Sizes()
    if !isLarge { sizes.receive = Int(limits.maximumMessageByteCount) + 900 }
    end = TestEnd(
      role == .server ? .acceptor : .initiator, limits: limits, sizes: sizes,
      peerCSM: TestEnd.boundlessCSM)
    open(role)
  }

  /// The opening handshake, without looking at it.
  private mutating func open(_ role: WebSocketRole) {
    let largest = end.connection.limits.maximumMessageByteCount
    if role == .server {
      session.accept(origins: .none, largestMessage: largest)
      receiveHandshake(HandshakeVectorTable.vector(at: 0).text)
    } else {
      try? session.dial(
        host: ("example.org" as StaticString).bytes, nonce: WebSocketEnd.nonce, digest: SHA1.self,
        largestMessage: largest)
      flush()
      receiveHandshake(
        "HTTP/1.1 101 -\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: coap\r\n\r\n"
      )
    }
    flush()
    wire.removeAll()
  }

  /// "the sample nonce" of RFC 6455 section 1.2.
  static var nonce: InlineArray<16, UInt8> {
    let text: StaticString = "the sample nonce"
    var nonce = InlineArray<16, UInt8>(repeating: 0)
    for index in 0..<16 { nonce[index] = text.bytes[index] }
    return nonce
  }

  private mutating func receiveHandshake(_ text: StaticString) {
    session.receiveHandshake(text.bytes, digest: SHA1.self)
  }

  /// Hands in frames, at most `largest` bytes a read.
  @inline(never)
  mutating func feed(_ bytes: Span<UInt8>, largest: Int = .max) {
    var rest = bytes
    while true {
      if session.hasUntaken {
        take(from: &session, to: &end.connection, at: end.now)
      } else if rest.count > 0 {
        let count = read(rest, largest: largest, &session, to: &end.connection, at: end.now)
        if count == 0 { return }
        rest = rest.extracting(droppingFirst: count)
      } else {
        return
      }
      run()
    }
  }

  @inline(never)
  mutating func feed(_ hex: StaticString, largest: Int = .max) {
    let input = ByteStore(.input, hex: hex)
    feed(input.bytes, largest: largest)
  }

  /// Lets the connection act, and sends what it says.
  @inline(never)
  mutating func run() {
    end.run()
    flush()
    guard !session.hasUntaken else { return }
    if let text = session.violation {
      end.connection.abort(text, at: end.now)
      end.run()
    } else if session.isClosedByPeer && !hasToldEnd {
      hasToldEnd = true
      end.endInput()
    }
    flush()
    if end.connection.transportAction == .finishWriting {
      session.finish()
      flush()
      end.connection.didFinishWriting(at: end.now)
      end.run()
    }
  }

  /// All that is due, to the wire.
  @inline(never)
  mutating func flush() {
    while true {
      wire.append(session.pendingOutput)
      let count = session.pendingOutput.count
      session.didSend(count)
      end.output.removeFirst(session.takeOffered())
      if session.wantsControl {
        session.writeControl(mask: mask)
      } else if end.output.isEmpty || !session.offer(end.output.bytes, mask: mask) {
        return
      }
    }
  }
}

// Functions of their own, for the space keeps the end busy that it belongs to.

private func take(from session: inout WebSocketSession, to connection: inout Connection, at now: Instant) {
  var space = connection.space
  let count = session.take(into: &space)
  connection.didReceive(count, at: now)
}

/// - Returns: how many bytes were read.
private func read(
  _ bytes: Span<UInt8>, largest: Int, _ session: inout WebSocketSession,
  to connection: inout Connection, at now: Instant
) -> Int {
  let start = WebSocketInput.headroom
  var space = connection.space
  let count = min(min(bytes.count, largest), min(session.readLimit, space.count - start))
  guard count > 0 else { return 0 }
  for index in 0..<count { space[start + index] = bytes[index] }
  let translated = session.translate(&space, from: start, to: start + count)
  connection.didReceive(translated, at: now)
  return count
}

/// The frames in some bytes, one after the other, unmasked where they are.
struct FrameReader {
  private var bytes: ByteStore
  private let sender: WebSocketRole

  init(_ bytes: ByteStore, from sender: WebSocketRole) {
    self.bytes = bytes
    self.sender = sender
  }

  var isAtEnd: Bool { bytes.isEmpty }

  /// The next frame, and its payload in `payload`; nil where there is no whole one.
  @inline(never)
  mutating func next(_ payload: inout ByteStore) -> WebSocketFrameHeader? {
    payload.removeAll()
    guard case .complete(let header) = try? WebSocketFrameHeader.parse(bytes.bytes, from: sender),
      header.payloadByteCount <= 0xffffff,
      header.byteCount + Int(header.payloadByteCount) <= bytes.count
    else { return nil }
    let mask = header.mask ?? 0
    for index in 0..<Int(header.payloadByteCount) {
      payload.append(
        bytes[header.byteCount + index]
          ^ UInt8(truncatingIfNeeded: mask >> (24 - 8 * UInt32(index % 4))))
    }
    bytes.removeFirst(header.byteCount + Int(header.payloadByteCount))
    return header
  }
}
