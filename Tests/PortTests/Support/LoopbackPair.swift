import Port

/// The two ends of a loopback and its memory.
@safe
final class LoopbackPair {
  private let bytes: [PinnedArray<UInt8>]
  private let pipes: [Pinned<LoopbackPipe>]
  var one: LoopbackStream
  var other: LoopbackStream

  init(capacity: Int) {
    bytes = (0..<2).map { _ in PinnedArray(count: capacity) { _ in 0 } }
    pipes = bytes.map { unsafe Pinned(LoopbackPipe($0.buffer)) }
    (one, other) = unsafe LoopbackStream.pair(pipes[0].pointer, pipes[1].pointer)
  }

  /// Closed ends become those of a new connection.
  func reconnect() { (one, other) = unsafe LoopbackStream.pair(pipes[0].pointer, pipes[1].pointer) }
}

/// What a read led to, with the bytes.
enum Arrival: Equatable {
  case bytes([UInt8])
  case nothingYet
  case end
  case failed
}

extension ByteStream {
  mutating func read(atMost count: Int) -> Arrival {
    var bytes = [UInt8](repeating: 0xee, count: count)
    var space = bytes.mutableSpan
    return switch read(into: &space) {
    case .bytes(let count): .bytes(Array(bytes.prefix(count)))
    case .nothingYet: .nothingYet
    case .end: .end
    case .failed: .failed
    }
  }

  mutating func write(_ bytes: [UInt8]) -> WriteResult { write(bytes.span) }
}
