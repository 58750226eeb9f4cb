import CSockets
import DeviceCore
import Port

/// Time, waiting and randomness of a machine with sockets.
///
/// Which streams may have something to do is learnt from the operating system once per wait and kept in a
/// table by descriptor, so that asking an idle stream costs no system call.
@safe
public struct SocketBoard: Board {
  private let poller: Int32
  let readiness: ReadinessTable
  /// Whether the last wait was a short one.
  private var isBrisk = false

  /// - Parameter readiness: a table that outlives this board and all of its streams.
  /// - Returns: nil when the operating system has no descriptor left.
  public init?(readiness: ReadinessTable) {
    poller = csockets_poller_create()
    guard poller >= 0 else { return nil }
    self.readiness = readiness
  }

  public var now: Instant { Instant(rawValue: csockets_now()) }

  public var unixTime: UInt32? {
    let seconds = csockets_unix_time()
    return seconds == 0 ? nil : seconds
  }

  public mutating func wait(until deadline: Instant?) {
    var milliseconds: Int32 = -1
    if let deadline {
      milliseconds = Int32(clamping: deadline.since(now).rawValue)
    }
    let none = csockets_change(descriptor: 0, readable: false, writable: false, ended: false)
    var changes = InlineArray<64, csockets_change>(repeating: none)
    var span = changes.mutableSpan
    let count = unsafe span.withUnsafeMutableBufferPointer { buffer in
      unsafe csockets_poller_wait(poller, milliseconds, &isBrisk, buffer.baseAddress, Int32(buffer.count))
    }
    for index in 0..<Int(count) {
      let change = changes[index]
      readiness.note(change)
    }
  }

  public mutating func fillRandom(_ bytes: inout MutableSpan<UInt8>) -> Bool {
    unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      unsafe csockets_random(buffer.baseAddress, buffer.count)
    }
  }

  /// Watches a descriptor from now on: a socket, a listener or a waker.
  ///
  /// - Returns: false when that is not possible; the caller closes it.
  public func watch(_ descriptor: Int32) -> Bool {
    readiness.reset(descriptor) && csockets_poller_add(poller, descriptor)
  }
}
