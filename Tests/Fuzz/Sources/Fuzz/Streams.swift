import CFuzz
import DeviceCore

@testable import Scenarios

private func limits(_ input: inout Input) -> Limits {
  var limits = Limits()
  let choice = input.byte()
  if choice & 1 != 0 { limits.largestResponseByteCount = 64 }
  if choice & 2 != 0 { limits.maximumTokenByteCount = 20 }
  if choice & 4 != 0 { limits.drainByteCount = 3000 }
  if choice & 8 != 0 { limits.maximumMessageByteCount = 2048 }
  return limits
}

private func sizes(_ input: inout Input) -> Sizes {
  var sizes = Sizes.bodies
  let choice = input.byte()
  sizes.receive = 2304
  if choice & 1 != 0 { sizes.assembly = 0 }
  if choice & 2 != 0 { sizes.answer = 0 }
  if choice & 4 != 0 { sizes.transmit = 300 }
  if choice & 8 != 0 { sizes.observers = 0 }
  return sizes
}

/// Any bytes, in any pieces, to a server with resources.
func fuzzServer(_ input: inout Input, _ check: inout Checker) {
  let choice = input.byte()
  var server = BodyServer(
    limits: limits(&input), sizes: sizes(&input),
    peerCSM: choice & 1 == 0 ? "" : choice & 2 == 0 ? TestEnd.baseCSM : TestEnd.boundlessCSM)
  server.end.output.removeAll()
  server.resources.file.byteCount = 5000
  server.resources.note.answerByteCount = 900
  var pieces = input.pieces()
  server.end.feed(input, &pieces, serving: &server.resources)
  if choice & 4 != 0 {
    server.resources.count.value += 1
    server.run()
    server.wait(300_000)
  }
  check.expectEndLeavesNothing(&server, &input)
}

/// Any bytes, in any pieces, to a client that has asked for one thing of each kind.
func fuzzClient(_ input: inout Input, _ check: inout Checker) {
  let choice = input.byte()
  var end = TestEnd(
    .initiator, slot: .client, limits: limits(&input), sizes: Sizes(transmit: 4096, requests: 8),
    peerCSM: choice & 1 == 0 ? TestEnd.baseCSM : TestEnd.boundlessCSM)
  end.output.removeAll()
  // Tokens 50000000 and on, in this order.
  _ = end.ask()
  var download = BodyClient(download: BodyDownload(largest: .bert), from: "f")
  var upload = BodyClient(upload: BodyUpload(byteCount: 4000, largest: .bert), to: "f")
  download.advance(&end)
  upload.advance(&end)
  var observation: RequestID?
  do throws(CommandError) {
    let request = try end.connection.request(.get, isObserving: true, at: end.now) {
      writer throws(WriteError) in
      try writer.append(.observe, uint: 0)
      try writer.append(path: "c")
    }
    end.tally.didAsk(request, serial: 0)
    observation = request
  } catch {}
  _ = end.ping()

  var pieces = input.pieces()
  while !input.isEmpty, end.tally.closed == 0 {
    var rest = input.take(pieces.next()).span
    while rest.count > 0 {
      let count = end.connection.receive(rest, at: end.now)
      repeat {
        while let event = end.connection.poll(at: end.now) {
          if download.note(event, on: end.connection) || upload.note(event, on: end.connection) { continue }
          end.tally.note(event, on: end.connection)
          end.connection.serve(&end.handler, at: end.now)
        }
        download.advance(&end)
        upload.advance(&end)
      } while end.flush()
      if count == 0 { break }
      rest = rest.extracting(droppingFirst: count)
    }
    if end.output.count > 16_384 { break }
  }
  check.expectValidOutput(&end)
  if choice & 2 != 0, let observation, end.tally.closed == 0 { end.connection.cancel(observation) }
  if choice & 4 != 0 { end.connection.receiveEnd(at: end.now) }
  var closed = end.tally.closed
  for _ in 0..<2 {
    while let event = end.connection.poll(at: end.now) {
      if case .closed = event { closed += 1 }
      if !download.note(event, on: end.connection) { _ = upload.note(event, on: end.connection) }
    }
    _ = end.flush()
    end.connection.transportFailed()
  }
  check.expect(closed == 1, "not one last event")
  check.expect(end.connection.isOver && end.connection.requestCount == 0, "requests left")
  check.expect(end.connection.deadline == nil, "timers left")
  check.expect(download.request == nil && upload.request == nil, "a transfer that nobody ended")
  check.expectValidOutput(&end)
}

/// Frames, in any pieces, to one side of a WebSocket.
func fuzzWebSocket(_ role: WebSocketRole, _ input: inout Input, _ check: inout Checker) {
  let isSmall = input.flag()
  var socket = WebSocketEnd(role, fragmentCapacity: isSmall ? 256 : 2048)
  socket.end.output.removeAll()
  var pieces = input.pieces()
  while !input.isEmpty, socket.end.tally.closed == 0, socket.wire.count < 16_384 {
    let piece = input.take(pieces.next())
    socket.feed(piece.span, largest: pieces.next())
  }
  // What left is frames, and messages in them.
  var frames = FrameReader(socket.wire, from: role)
  var payload = ByteStore(.message)
  var hasClosed = false
  while let header = frames.next(&payload) {
    check.expect(!hasClosed, "a frame behind Close")
    hasClosed = header.opcode == .close
    check.expect((header.mask != nil) == (role == .client), "masked by the wrong side")
    check.expect(header.opcode != .text && header.isFinal, "text or a fragment")
  }
  check.expect(frames.isAtEnd, "half a frame")
  socket.end.connection.transportFailed()
  socket.end.run()
  check.expect(socket.end.connection.isOver && socket.end.tally.closed == 1, "not one last event")
  check.expect(socket.end.tally.illegal == 0, "illegal events")
  check.expect(socket.end.connection.deadline == nil, "timers left")
}

/// Any text instead of an HTTP head.
func fuzzUpgrade(isServer: Bool, _ input: inout Input, _ check: inout Checker) {
  let memory = WebSocketMemory(
    fragments: Region.clientReceive.bytes(512), output: Region.clientTransmit.bytes(2048))
  var session = WebSocketSession(memory: memory)
  if isServer {
    session.accept(origins: WebSocketOrigins("https://page.example"), largestMessage: 1152)
  } else {
    try? session.dial(
      host: ("example.org" as StaticString).bytes, nonce: WebSocketEnd.nonce, digest: SHA1.self,
      largestMessage: 1152)
    let count = session.pendingOutput.count
    session.didSend(count)
  }
  var pieces = input.pieces()
  var count = 0
  while session.phase == .handshaking, !input.isEmpty {
    let missing = session.handshakeMissing
    check.expect(missing > 0, "waits for nothing")
    let piece = input.take(min(missing, pieces.next()))
    count += piece.count
    session.receiveHandshake(piece.span, digest: SHA1.self)
  }
  let answer = session.pendingOutput
  if isServer && session.phase != .handshaking {
    check.expect(answer.count > 12 && answer.extracting(first: 9).isEqual(to: "HTTP/1.1 "), "no answer")
    let isAccepted = answer.extracting(9..<12).isEqual(to: "101")
    check.expect(isAccepted == (session.phase == .open), "another phase than its answer says")
  } else {
    check.expect(answer.isEmpty, "output in the middle")
    check.expect(
      isServer || session.phase == .handshaking || session.phase == .open || session.fault != nil, "no reason"
    )
  }
  check.expect(count <= 16_384, "endless")
}
