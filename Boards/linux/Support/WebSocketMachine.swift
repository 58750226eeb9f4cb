import DeviceCore
import Glibc
import Port
import PortSockets
import PortWebSocket

/// A stream of a Linux process: TCP, perhaps with TLS, perhaps with a WebSocket.
public typealias LinuxStream<Base: ByteStream> = UpgradableStream<Base, SocketBoard, LibrarySHA1>

/// Memory for WebSockets in a Linux process. It lives as long as the process.
public enum WebSocketMachine {
  /// How much more a message has on the stream, see ``DeviceCore/Limits/framingByteCount``.
  public static let framingByteCount: UInt32 = 4

  /// Places for the sessions of so many connections at a time; pages that are never used cost nothing.
  ///
  /// - Parameters:
  ///   - largestMessage: that is taken, in bytes.
  ///   - outputCapacity: a message of this size leaves in one write.
  public static func makeSessions(
    _ count: Int, largestMessage: Int, outputCapacity: Int
  ) -> WebSocketSessionPool {
    let sessions = UnsafeMutableBufferPointer<WebSocketSession>.allocate(capacity: count)
    for index in sessions.indices {
      let memory = unsafe WebSocketMemory(
        fragments: zeroed(largestMessage + WebSocketInput.headroom), output: zeroed(outputCapacity))
      unsafe sessions.initializeElement(at: index, to: WebSocketSession(memory: memory))
    }
    return unsafe WebSocketSessionPool(sessions)
  }

  /// The origins that may connect, from a list of the command line.
  public static func makeOrigins(_ origins: [String]) -> WebSocketOrigins {
    let list = Array(origins.joined(separator: " ").utf8)
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: list.count)
    _ = unsafe copy.initialize(from: list)
    return unsafe WebSocketOrigins(UnsafeBufferPointer(copy))
  }

  @unsafe
  private static func zeroed(_ count: Int) -> UnsafeMutableBufferPointer<UInt8> {
    let count = max(count, WebSocketMemory.smallestCapacity)
    let memory = unsafe calloc(count, 1)!.bindMemory(to: UInt8.self, capacity: count)
    return unsafe UnsafeMutableBufferPointer(start: memory, count: count)
  }
}
