import CSockets
import DeviceCore
import Port

/// A TCP connection of the operating system.
public struct SocketStream: ByteStream {
  /// The operating system's number of the socket.
  public let descriptor: Int32
  private let readiness: ReadinessTable

  /// Takes over a connected or connecting non-blocking socket.
  ///
  /// - Returns: nil, and the socket is closed, when the board cannot watch it.
  public init?(descriptor: Int32, board: SocketBoard) {
    guard board.watch(descriptor) else {
      csockets_close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    readiness = board.readiness
  }

  public mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    guard !readiness.isBroken(descriptor) else { return .failed }
    guard readiness.mayRead(descriptor) else { return .nothingYet }
    let capacity = space.count
    let count = unsafe space.withUnsafeMutableBufferPointer { buffer in
      unsafe csockets_receive(descriptor, buffer.baseAddress, buffer.count)
    }
    switch count {
    case 0: return .end
    case Int32(CSOCKETS_WOULD_BLOCK):
      readiness.didBlockReading(descriptor)
      return .nothingYet
    case 1...:
      if Int(count) < capacity { readiness.didReadShort(descriptor) }
      return .bytes(Int(count))
    default:
      readiness.didBreak(descriptor)
      return .failed
    }
  }

  public mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    guard !readiness.isBroken(descriptor) else { return .failed }
    guard readiness.mayWrite(descriptor) else { return .nothingYet }
    let count = unsafe bytes.withUnsafeBufferPointer { buffer in
      unsafe csockets_send(descriptor, buffer.baseAddress, buffer.count)
    }
    switch count {
    case Int32(CSOCKETS_WOULD_BLOCK):
      readiness.didBlockWriting(descriptor)
      return .nothingYet
    case 0...:
      if Int(count) < bytes.count { readiness.didBlockWriting(descriptor) }
      return .bytes(Int(count))
    default:
      readiness.didBreak(descriptor)
      return .failed
    }
  }

  public mutating func finishWriting() {
    csockets_finish_writing(descriptor)
  }

  public mutating func close() {
    csockets_close(descriptor)
  }

  public var hasUnreadInput: Bool { readiness.mayRead(descriptor) }

  public mutating func setWaker(_ waker: Waker) -> Bool {
    readiness.setWaker(waker, of: descriptor)
    return true
  }
}
