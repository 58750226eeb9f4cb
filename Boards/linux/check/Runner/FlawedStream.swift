import CCheckSupport
import Port
import PortSockets

/// A connection of this computer with a mistake in it.
struct FlawedStream: ByteStream {
  private var stream: SocketStream
  private let flaw: Flaw

  init(_ stream: SocketStream, _ flaw: Flaw) {
    self.stream = stream
    self.flaw = flaw
  }

  mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    let result = stream.read(into: &space)
    switch (result, flaw) {
    case (.nothingYet, .readBlocks): check_sleep(50)
    case (.end, .end), (.failed, .refused), (.end, .refused): return .nothingYet
    case (.failed, .reset): return .end
    default: break
    }
    return result
  }

  mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    if flaw == .lostByte && bytes.count > 400 {
      guard case .bytes(let count) = stream.write(bytes.extracting(droppingLast: 1)) else {
        return .nothingYet
      }
      return .bytes(count + 1)
    }
    let result = stream.write(bytes)
    return result == .nothingYet && flaw == .backPressure ? .bytes(bytes.count) : result
  }

  mutating func finishWriting() {
    switch flaw {
    case .halfClose: break
    case .halfCloseBoth: check_shut_both(stream.descriptor)
    default: stream.finishWriting()
    }
  }

  mutating func close() {
    if flaw == .closeAborts { check_reset_at_close(stream.descriptor) }
    if flaw != .close { stream.close() }
  }

  var hasUnreadInput: Bool { stream.hasUnreadInput }
}

/// Listens with that mistake.
struct FlawedListener: Listener {
  var listener: SocketListener
  let flaw: Flaw

  mutating func accept() -> FlawedStream? {
    guard flaw != .accept, let stream = listener.accept() else { return nil }
    return FlawedStream(stream, flaw)
  }
}

/// Dials with that mistake.
struct FlawedDialler: Dialler {
  var dialler: SocketDialler
  let flaw: Flaw

  mutating func dial(_ place: DialPlace) -> FlawedStream? {
    guard let stream = dialler.dial(place) else { return nil }
    return FlawedStream(stream, flaw)
  }
}
