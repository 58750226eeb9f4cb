import DeviceCore
import Port
import PortSockets

/// The TCP connection of a client that is tried: it keeps what comes, so that it can be read once more by the
/// layer above, and can change what this layer sends.
final class ProbeTransport: ByteStream {
  private var base: SocketStream
  /// What came and is to be read again.
  private var unread: ArraySlice<UInt8> = []
  /// What came, as much of it as anybody looks at.
  private(set) var input: [UInt8] = []
  /// Makes other bytes, as many of them, of what is sent next.
  var change: (([UInt8]) -> [UInt8])?

  private static let kept = 1 << 16

  init(_ base: SocketStream) { self.base = base }

  /// All that came comes again.
  func rewind() { unread = input[...] }

  func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    if !unread.isEmpty {
      let count = min(space.count, unread.count)
      for index in 0..<count { space[index] = unread[unread.startIndex + index] }
      unread = unread.dropFirst(count)
      return .bytes(count)
    }
    let result = base.read(into: &space)
    if case .bytes(let count) = result {
      for index in 0..<count where input.count < Self.kept { input.append(space[index]) }
    }
    return result
  }

  func write(_ bytes: Span<UInt8>) -> WriteResult {
    guard let change else { return base.write(bytes) }
    var copy: [UInt8] = []
    for index in bytes.indices { copy.append(bytes[index]) }
    return base.write(change(copy).span)
  }

  func finishWriting() { base.finishWriting() }
  func close() { base.close() }
  var hasUnreadInput: Bool { !unread.isEmpty || base.hasUnreadInput }
}
