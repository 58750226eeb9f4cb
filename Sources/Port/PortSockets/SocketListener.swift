import CSockets
import DeviceCore
import Port

/// A listening TCP socket of the operating system.
public struct SocketListener: Listener {
  /// The operating system's number of the socket.
  public let descriptor: Int32
  private let board: SocketBoard

  /// Takes over a listening non-blocking socket.
  ///
  /// - Returns: nil, and the socket is closed, when the board cannot watch it.
  public init?(descriptor: Int32, board: SocketBoard) {
    guard board.watch(descriptor) else {
      csockets_close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    self.board = board
  }

  public mutating func accept() -> SocketStream? {
    guard board.readiness.mayRead(descriptor) else { return nil }
    let accepted = csockets_accept(descriptor)
    guard accepted >= 0 else {
      if accepted == Int32(CSOCKETS_WOULD_BLOCK) {
        board.readiness.didBlockReading(descriptor)
      }
      return nil
    }
    return SocketStream(descriptor: accepted, board: board)
  }
}
