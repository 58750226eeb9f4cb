import CFuzz
import DeviceCore

@testable import Scenarios

nonisolated(unsafe) private var decoded = reference_message()

extension Checker {
  /// All that left is valid CoAP, as the decoder written from the RFC has it; the output is dropped.
  ///
  /// - Returns: the code of the last message, if there was one.
  @discardableResult
  mutating func expectValidOutput(_ end: inout TestEnd, largest: UInt64 = .max) -> UInt8? {
    expect(end.output.lostCount == 0, "output store too small")
    var last: UInt8?
    let isWhole = end.output.bytes.withUnsafeBufferPointer { bytes in
      var at = 0
      while at < bytes.count {
        let rest = UnsafeBufferPointer(rebasing: bytes[at...])
        let result = reference_decode(rest.baseAddress, rest.count, 65804, &decoded)
        if result == REFERENCE_INCOMPLETE && !end.takesOutput { break }
        guard result == REFERENCE_COMPLETE, decoded.size <= largest else { return false }
        last = decoded.code
        at += Int(decoded.size)
      }
      return true
    }
    expect(isWhole, "output that is no CoAP, or too large")
    end.output.removeAll()
    return last
  }

  /// Ends the connection in one of the ways there are, and looks whether anything is left.
  mutating func expectEndLeavesNothing(_ server: inout BodyServer, _ input: inout Input) {
    expectValidOutput(&server.end)
    switch input.byte() % 3 {
    case 0: server.end.connection.transportFailed()
    case 1: server.end.connection.receiveEnd(at: server.end.now)
    default:
      server.run()
      server.end.connection.abort("end", at: server.end.now)
    }
    finish(&server)
    expect(server.end.connection.isOver, "not over")
    expect(server.end.tally.closed == 1, "not one last event")
    expect(server.end.tally.illegal == 0, "illegal events")
    expect(server.end.connection.observerCount == 0, "observers left")
    expect(server.end.connection.deferredCount == 0 && server.end.connection.requestCount == 0, "tables left")
    expect(server.end.connection.deadline == nil, "timers left")
    expect(server.resources.file.transfer == nil, "a body left")
    expect(server.resources.file.faultCount == 0, "parts out of order")
    expectValidOutput(&server.end)
    expectDeaf(&server.end, serving: &server.resources)
  }

  private func finish(_ server: inout BodyServer) {
    for _ in 0..<8 {
      server.run()
      switch server.end.connection.transportAction {
      case .keepOpen:
        // Something is waited for.
        guard let deadline = server.end.connection.deadline else { return }
        if server.end.now.isBefore(deadline) { server.end.now = deadline }
      case .finishWriting:
        server.end.connection.didFinishWriting(at: server.end.now)
        server.run()
        server.end.connection.receiveEnd(at: server.end.now)
      case .close: if server.end.connection.isOver { return }
      }
    }
  }

  /// What comes behind the end changes nothing.
  mutating func expectDeaf<Handler: RequestHandler & ~Copyable>(
    _ end: inout TestEnd, serving handler: inout Handler
  ) {
    let (requests, closed) = (end.tally.requests, end.tally.closed)
    let late = ByteStore(.message, hex: "01017f 02e27e7f 00e1")
    end.feed(late.bytes, serving: &handler)
    end.now = end.now + Milliseconds(1_000_000)
    end.run(serving: &handler)
    expect(end.output.isEmpty, "output behind the end")
    expect(end.tally.requests == requests && end.tally.closed == closed, "input behind the end")
  }
}

extension TestEnd {
  /// Hands in the rest of the input, cut into pieces, as far as the connection takes it.
  mutating func feed<Handler: RequestHandler & ~Copyable>(
    _ input: Input, _ pieces: inout Pieces, serving handler: inout Handler
  ) {
    var input = input
    while !input.isEmpty, tally.closed == 0 {
      let piece = input.take(pieces.next())
      let hadEnded = tally.aborts > 0
      let requests = tally.requests
      feed(piece.span, serving: &handler)
      // Behind an Abort nothing is read.
      if hadEnded && tally.requests != requests { tally.illegal += 1 }
      if output.count > 16_384 { return }
    }
  }
}
