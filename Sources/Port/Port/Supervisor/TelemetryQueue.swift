import DeviceCore

/// Why telemetry was not taken.
public enum TelemetryError: Error, Equatable, Sendable {
  /// There is no room, and the oldest are kept.
  case full
  /// It is larger than the queue.
  case tooLarge
}

/// What a device could not hand over yet, the oldest first, in memory of the caller.
///
/// An entry is a byte string with a tag of the application's, and stays until its response has come.
@safe
public struct TelemetryQueue: ~Copyable {
  /// What is done when there is no room.
  public enum Policy: Sendable {
    /// Old entries make room for new ones.
    case oldestDropped
    /// What is there stays.
    case newestRefused
  }

  /// Where an entry is.
  enum Stage: UInt8 {
    case waiting
    /// A request carries it.
    case underWay
    /// It waits for older ones to leave first.
    case settled
  }

  // An entry is its stage, its tag, the length of its payload in two bytes, and the payload.
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private var start = 0
  private var end = 0
  /// Entries are numbered; this is the first that is here.
  private(set) var firstNumber: UInt32 = 0
  private var entryCount: UInt32 = 0
  /// How many entries there are whose response has not come.
  public private(set) var count = 0
  /// How many were dropped for newer ones, since the beginning.
  public private(set) var droppedCount: UInt32 = 0
  /// How many were refused, since the beginning.
  public private(set) var refusedCount: UInt32 = 0

  /// What an entry takes beside its payload.
  public static var headerByteCount: Int { 4 }

  /// - Precondition: the memory is initialised, outlives the queue and does not move.
  @unsafe
  init(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
    unsafe self.bytes = bytes
  }

  /// Puts an entry at the end.
  ///
  /// - Returns: how many older ones were dropped for it.
  mutating func append(
    _ payload: Span<UInt8>, tag: UInt8, _ policy: Policy
  ) throws(TelemetryError) -> Int {
    let needed = TelemetryQueue.headerByteCount + payload.count
    guard unsafe needed <= bytes.count, payload.count <= 0xffff else {
      refusedCount &+= 1
      throw .tooLarge
    }
    let droppedBefore = droppedCount
    while unsafe bytes.count - (end - start) < needed {
      guard policy == .oldestDropped else {
        refusedCount &+= 1
        throw .full
      }
      if stage(at: start) != .settled {
        droppedCount &+= 1
        count -= 1
      }
      removeFirst()
    }
    makeSpace(needed)
    unsafe bytes[end] = Stage.waiting.rawValue
    unsafe bytes[end + 1] = tag
    unsafe bytes[end + 2] = UInt8(payload.count >> 8)
    unsafe bytes[end + 3] = UInt8(payload.count & 0xff)
    for index in payload.indices {
      unsafe bytes[end + TelemetryQueue.headerByteCount + index] = payload[index]
    }
    end += needed
    entryCount += 1
    count += 1
    return Int(droppedCount &- droppedBefore)
  }

  /// The oldest entry that no request carries.
  var firstWaiting: UInt32? {
    var offset = start
    var number = firstNumber
    while offset < end {
      if stage(at: offset) == .waiting { return number }
      offset += size(at: offset)
      number &+= 1
    }
    return nil
  }

  /// - Precondition: the entry is here.
  func tag(_ number: UInt32) -> UInt8 {
    unsafe bytes[offset(number)! + 1]
  }

  /// The payload in place, until the queue changes.
  ///
  /// - Precondition: the entry is here.
  @_lifetime(borrow self)
  func payload(_ number: UInt32) -> Span<UInt8> {
    let offset = offset(number)!
    let first = offset + TelemetryQueue.headerByteCount
    let part = unsafe UnsafeBufferPointer(rebasing: bytes[first..<offset + size(at: offset)])
    return unsafe _overrideLifetime(Span(_unsafeElements: part), borrowing: self)
  }

  /// Whether the entry has not been dropped.
  func contains(_ number: UInt32) -> Bool { number &- firstNumber < entryCount }

  /// A request carries the entry, or does not any more. One that was dropped is no concern.
  mutating func setUnderWay(_ number: UInt32, _ isUnderWay: Bool) {
    guard let offset = offset(number) else { return }
    unsafe bytes[offset] = (isUnderWay ? Stage.underWay : .waiting).rawValue
  }

  /// The entry is done with.
  mutating func settle(_ number: UInt32) {
    guard let offset = offset(number), stage(at: offset) != .settled else { return }
    unsafe bytes[offset] = Stage.settled.rawValue
    count -= 1
    while start < end, stage(at: start) == .settled { removeFirst() }
  }

  // MARK: Inside

  private func stage(at offset: Int) -> Stage {
    unsafe Stage(rawValue: bytes[offset]) ?? .settled
  }

  private func size(at offset: Int) -> Int {
    unsafe TelemetryQueue.headerByteCount + (Int(bytes[offset + 2]) << 8 | Int(bytes[offset + 3]))
  }

  private func offset(_ number: UInt32) -> Int? {
    guard contains(number) else { return nil }
    var offset = start
    for _ in 0..<(number &- firstNumber) { offset += size(at: offset) }
    return offset
  }

  private mutating func removeFirst() {
    start += size(at: start)
    firstNumber &+= 1
    entryCount -= 1
    if start == end {
      start = 0
      end = 0
    }
  }

  /// Makes all free bytes those behind the last entry, if there are not enough of them there.
  private mutating func makeSpace(_ needed: Int) {
    guard unsafe bytes.count - end < needed else { return }
    for index in 0..<(end - start) { unsafe bytes[index] = bytes[start + index] }
    end -= start
    start = 0
  }
}
