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
      unsafe csockets_poller_wait(poller, milliseconds, buffer.baseAddress, Int32(buffer.count))
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

/// What is known of each descriptor: whether reading and writing may work, whether the peer has ended.
@safe
public struct ReadinessTable {
  private let states: UnsafeMutableBufferPointer<UInt8>

  private static var readable: UInt8 { 1 }
  private static var writable: UInt8 { 2 }
  private static var ended: UInt8 { 4 }
  private static var broken: UInt8 { 8 }

  /// - Parameter states: a byte for each descriptor that may exist, by number; it stays in place.
  @unsafe
  public init(_ states: UnsafeMutableBufferPointer<UInt8>) {
    unsafe self.states = states
  }

  func reset(_ descriptor: Int32) -> Bool {
    guard descriptor >= 0, unsafe Int(descriptor) < states.count else { return false }
    unsafe states[Int(descriptor)] = ReadinessTable.readable | ReadinessTable.writable
    return true
  }

  func note(_ change: csockets_change) {
    guard change.descriptor >= 0, unsafe Int(change.descriptor) < states.count else { return }
    var state: UInt8 = 0
    if change.readable { state |= ReadinessTable.readable }
    if change.writable { state |= ReadinessTable.writable }
    if change.ended { state |= ReadinessTable.ended }
    unsafe states[Int(change.descriptor)] |= state
  }

  func mayRead(_ descriptor: Int32) -> Bool {
    unsafe states[Int(descriptor)] & ReadinessTable.readable != 0
  }

  func mayWrite(_ descriptor: Int32) -> Bool {
    unsafe states[Int(descriptor)] & ReadinessTable.writable != 0
  }

  /// Whether reading or writing has failed: the system says so only once, and an end afterwards.
  func isBroken(_ descriptor: Int32) -> Bool {
    unsafe states[Int(descriptor)] & ReadinessTable.broken != 0
  }

  func didBreak(_ descriptor: Int32) {
    unsafe states[Int(descriptor)] |= ReadinessTable.broken
  }

  func didBlockReading(_ descriptor: Int32) {
    unsafe states[Int(descriptor)] &= ~ReadinessTable.readable
  }

  func didBlockWriting(_ descriptor: Int32) {
    unsafe states[Int(descriptor)] &= ~ReadinessTable.writable
  }

  /// A short read has emptied the socket, unless the end of the stream is known to stand behind it.
  func didReadShort(_ descriptor: Int32) {
    if unsafe states[Int(descriptor)] & ReadinessTable.ended == 0 { didBlockReading(descriptor) }
  }
}
