import Port

/// What a ``ScriptedStream`` is told to do, and what was done with it. A script that is at its end repeats its
/// last answer.
final class Script {
  /// Answers to `open`.
  var opening: [OpenResult] = [.open]
  /// Bytes that come, one element a read at most; then the end if it has one.
  var input: [[UInt8]] = []
  var hasEnd = false
  var failsReading = false
  /// How many bytes each write takes; nil for none now.
  var room: Int? = .max
  var failsWriting = false
  var isSecured = false
  /// Whether it can wake.
  var canWake = false
  var waker: Waker?
  /// What is said of a broken stream.
  var failure: TLSFailure?

  /// In order: "read 5", "write 3", "finish", "close".
  fileprivate(set) var calls: [String] = []
  fileprivate(set) var output: [UInt8] = []
  fileprivate(set) var openCount = 0

  var closeCount: Int { calls.count { $0 == "close" } }

  func forgetCalls() { calls = [] }
}

/// A stream that does what its script says. Copies are the same stream.
struct ScriptedStream: ByteStream {
  let script: Script

  mutating func open() -> OpenResult {
    script.openCount += 1
    return script.opening.count > 1 ? script.opening.removeFirst() : script.opening[0]
  }

  mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    if script.failsReading { return .failed }
    guard let next = script.input.first else { return script.hasEnd ? .end : .nothingYet }
    let count = min(next.count, space.count)
    for index in 0..<count { space[index] = next[index] }
    script.input[0].removeFirst(count)
    if script.input[0].isEmpty { script.input.removeFirst() }
    script.calls.append("read \(count)")
    return .bytes(count)
  }

  mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    if script.failsWriting { return .failed }
    guard let room = script.room else { return .nothingYet }
    let count = min(room, bytes.count)
    script.output += array(bytes.extracting(first: count))
    script.calls.append("write \(count)")
    return .bytes(count)
  }

  mutating func setWaker(_ waker: Waker) -> Bool {
    script.waker = waker
    return script.canWake
  }
  mutating func finishWriting() { script.calls.append("finish") }
  mutating func close() { script.calls.append("close") }

  var isSecured: Bool { script.isSecured }
  var failure: TLSFailure? { script.failure }
}

/// Accepts what a test puts into its queue.
struct QueueListener<Stream: ByteStream>: Listener {
  final class Queue { var streams: [Stream] = [] }

  let queue = Queue()

  mutating func accept() -> Stream? { queue.streams.isEmpty ? nil : queue.streams.removeFirst() }
}
