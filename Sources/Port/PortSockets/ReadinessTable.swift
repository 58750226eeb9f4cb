import CSockets
import Port

/// What is known of one descriptor. Memory of zeros is an entry of a descriptor that nobody watches.
public struct Readiness {
  fileprivate var state: UInt8 = 0
  fileprivate var waker: Waker?

  /// Nothing is known yet.
  public init() {}
}

/// What is known of each descriptor: whether reading and writing may work, whether the peer has ended, and who is to be
/// woken when that changes.
@safe
public struct ReadinessTable {
  private let entries: UnsafeMutableBufferPointer<Readiness>

  private static var readable: UInt8 { 1 }
  private static var writable: UInt8 { 2 }
  private static var ended: UInt8 { 4 }
  private static var broken: UInt8 { 8 }

  /// - Parameter entries: one for each descriptor that may exist, by number; they stay in place.
  @unsafe
  public init(_ entries: UnsafeMutableBufferPointer<Readiness>) {
    unsafe self.entries = entries
  }

  func reset(_ descriptor: Int32) -> Bool {
    guard descriptor >= 0, unsafe Int(descriptor) < entries.count else { return false }
    unsafe entries[Int(descriptor)].state = ReadinessTable.readable | ReadinessTable.writable
    unsafe entries[Int(descriptor)].waker = nil
    return true
  }

  func setWaker(_ waker: Waker, of descriptor: Int32) {
    unsafe entries[Int(descriptor)].waker = waker
  }

  func note(_ change: csockets_change) {
    guard change.descriptor >= 0, unsafe Int(change.descriptor) < entries.count else { return }
    var state: UInt8 = 0
    if change.readable { state |= ReadinessTable.readable }
    if change.writable { state |= ReadinessTable.writable }
    if change.ended { state |= ReadinessTable.ended }
    unsafe entries[Int(change.descriptor)].state |= state
    unsafe entries[Int(change.descriptor)].waker?.wake()
  }

  func mayRead(_ descriptor: Int32) -> Bool {
    unsafe entries[Int(descriptor)].state & ReadinessTable.readable != 0
  }

  func mayWrite(_ descriptor: Int32) -> Bool {
    unsafe entries[Int(descriptor)].state & ReadinessTable.writable != 0
  }

  /// Whether reading or writing has failed: the system says so only once, and an end afterwards.
  func isBroken(_ descriptor: Int32) -> Bool {
    unsafe entries[Int(descriptor)].state & ReadinessTable.broken != 0
  }

  func didBreak(_ descriptor: Int32) {
    unsafe entries[Int(descriptor)].state |= ReadinessTable.broken
  }

  func didBlockReading(_ descriptor: Int32) {
    unsafe entries[Int(descriptor)].state &= ~ReadinessTable.readable
  }

  func didBlockWriting(_ descriptor: Int32) {
    unsafe entries[Int(descriptor)].state &= ~ReadinessTable.writable
  }

  /// A short read has emptied the socket, unless the end of the stream is known to stand behind it.
  func didReadShort(_ descriptor: Int32) {
    if unsafe entries[Int(descriptor)].state & ReadinessTable.ended == 0 { didBlockReading(descriptor) }
  }
}
