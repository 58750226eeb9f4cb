import DeviceCore

/// Bytes on their way from one end of a loopback to the other: a ring in memory of the caller.
@safe
public struct LoopbackPipe: ~Copyable {
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private var first = 0
  private(set) var count = 0
  /// The writing end has no more.
  var isFinished = false
  /// The reading end is gone.
  var isAbandoned = false

  /// A pipe that holds as many bytes at a time as there are in `bytes`.
  ///
  /// - Precondition: the memory is initialised, not empty, outlives the pipe and does not move.
  @unsafe
  public init(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
    precondition(bytes.count > 0)
    unsafe self.bytes = bytes
  }

  mutating func reset() {
    first = 0
    count = 0
    isFinished = false
    isAbandoned = false
  }

  /// - Returns: how many bytes were taken, none when the pipe is full.
  mutating func append(_ source: Span<UInt8>) -> Int {
    let taken = unsafe min(source.count, bytes.count - count)
    var place = first + count
    for index in 0..<taken {
      if unsafe place >= bytes.count { unsafe place -= bytes.count }
      unsafe bytes[place] = source[index]
      place += 1
    }
    count += taken
    return taken
  }

  /// - Returns: how many bytes were moved to the start of `space`, none when the pipe is empty.
  mutating func remove(into space: inout MutableSpan<UInt8>) -> Int {
    let moved = min(space.count, count)
    for index in 0..<moved {
      unsafe space[index] = bytes[first]
      first += 1
      if unsafe first == bytes.count { first = 0 }
    }
    count -= moved
    return moved
  }
}

/// One end of a byte stream that stays inside the machine: for tests, and for boards without a network.
///
/// It behaves as a TCP connection does: a write takes what there is room for, each direction ends by itself,
/// and what was written before the other end closed can still be read. Bytes arrive at once, so a loop that
/// drives both ends has to wait only when neither has anything to do.
@safe
public struct LoopbackStream: ByteStream {
  private let incoming: UnsafeMutablePointer<LoopbackPipe>
  private let outgoing: UnsafeMutablePointer<LoopbackPipe>

  @unsafe
  private init(incoming: UnsafeMutablePointer<LoopbackPipe>, outgoing: UnsafeMutablePointer<LoopbackPipe>) {
    unsafe self.incoming = incoming
    unsafe self.outgoing = outgoing
  }

  /// Both ends of a new connection: what one writes, the other reads.
  ///
  /// The pipes can be used again when both ends of the connection before are closed.
  ///
  /// - Precondition: the pipes are two, initialised, used for nothing else, outlive the streams, do not move.
  @unsafe
  public static func pair(
    _ onePipe: UnsafeMutablePointer<LoopbackPipe>, _ otherPipe: UnsafeMutablePointer<LoopbackPipe>
  ) -> (LoopbackStream, LoopbackStream) {
    unsafe precondition(onePipe != otherPipe)
    unsafe onePipe.pointee.reset()
    unsafe otherPipe.pointee.reset()
    return unsafe (
      LoopbackStream(incoming: onePipe, outgoing: otherPipe),
      LoopbackStream(incoming: otherPipe, outgoing: onePipe)
    )
  }

  public mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    if unsafe incoming.pointee.isAbandoned { return .failed }
    let count = unsafe incoming.pointee.remove(into: &space)
    if count > 0 { return .bytes(count) }
    return unsafe incoming.pointee.isFinished ? .end : .nothingYet
  }

  /// Writing fails when the other end is closed, or this one has finished writing.
  public mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    if unsafe outgoing.pointee.isFinished || outgoing.pointee.isAbandoned { return .failed }
    let count = unsafe outgoing.pointee.append(bytes)
    return count > 0 ? .bytes(count) : .nothingYet
  }

  public mutating func finishWriting() {
    unsafe outgoing.pointee.isFinished = true
  }

  public mutating func close() {
    unsafe outgoing.pointee.isFinished = true
    unsafe incoming.pointee.isAbandoned = true
  }

  public var hasUnreadInput: Bool {
    unsafe !incoming.pointee.isAbandoned && (incoming.pointee.count > 0 || incoming.pointee.isFinished)
  }
}

/// Hands one stream to a ``Device``: the far end of a loopback.
public struct SingleStreamListener<Stream: ByteStream>: Listener {
  private var stream: Stream?

  /// Accepts this stream, and then no other.
  public init(_ stream: Stream) {
    self.stream = stream
  }

  public mutating func accept() -> Stream? {
    defer { stream = nil }
    return stream
  }
}
