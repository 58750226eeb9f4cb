import Port
import PortTLS

/// A connection from its beginning to its end, on a transport that waits.
struct Talk {
  private(set) var stream: TLSStream<ProcessStream>

  init(_ stream: TLSStream<ProcessStream>) { self.stream = stream }

  /// - Returns: why there is no connection; nil when there is.
  mutating func shakeHands() -> TLSFailure? {
    while true {
      switch stream.open() {
      case .open: return nil
      case .failed: return stream.failure ?? .local(.transportFailed)
      case .busy, .nothingYet, .failing: continue
      }
    }
  }

  /// Sends and receives so many bytes.
  mutating func exchange(_ byteCount: Int, as role: TLSContext.Role) -> Bool {
    role == .client ? send(byteCount) && receive(byteCount) : receive(byteCount) && send(byteCount)
  }

  /// What a client keeps for the next time.
  func save() {
    var space = [UInt8](repeating: 0, count: 4096)
    var span = space.mutableSpan
    _ = stream.saveSession(into: &span)
  }

  mutating func close() { stream.close() }

  private mutating func send(_ byteCount: Int) -> Bool {
    let bytes = [UInt8](repeating: 0x5a, count: byteCount)
    var sent = 0
    while sent < byteCount {
      switch stream.write(bytes.span.extracting(droppingFirst: sent)) {
      case .bytes(let count): sent += count
      case .nothingYet: continue
      case .failed: return false
      }
    }
    return true
  }

  private mutating func receive(_ byteCount: Int) -> Bool {
    var space = [UInt8](repeating: 0, count: byteCount)
    var received = 0
    while received < byteCount {
      var span = space.mutableSpan
      switch stream.read(into: &span) {
      case .bytes(let count): received += count
      case .nothingYet: continue
      case .end, .failed: return false
      }
    }
    return true
  }
}
