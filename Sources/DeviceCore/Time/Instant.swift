/// A span of time in milliseconds, at most 2^31 - 1 (24.8 days).
public struct Milliseconds: Equatable, Comparable, Sendable {
  /// In milliseconds.
  public let rawValue: UInt32

  /// - Precondition: `rawValue` is below 2^31.
  @inlinable
  public init(_ rawValue: UInt32) {
    precondition(rawValue < 0x8000_0000)
    self.rawValue = rawValue
  }

  /// So many seconds, cut to the longest span that can be held.
  @inlinable
  public static func seconds(_ seconds: UInt32) -> Milliseconds {
    Milliseconds(seconds < 2_147_483 ? seconds * 1000 : 0x7fff_ffff)
  }

  /// Whether the first span is the shorter one.
  @inlinable
  public static func < (left: Milliseconds, right: Milliseconds) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// A moment on a monotonic millisecond clock of 32 bits that wraps every 49.7 days.
///
/// Two instants can be compared as long as they lie less than 2^31 ms (24.8 days) apart.
public struct Instant: Equatable, Sendable {
  /// In milliseconds.
  public let rawValue: UInt32

  /// A moment, by the reading of the clock in milliseconds.
  @inlinable
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The moment `span` later.
  @inlinable
  public static func + (instant: Instant, span: Milliseconds) -> Instant {
    Instant(rawValue: instant.rawValue &+ span.rawValue)
  }

  /// The time from `other` to this instant; zero when `other` is later.
  @inlinable
  public func since(_ other: Instant) -> Milliseconds {
    let difference = rawValue &- other.rawValue
    return Milliseconds(difference < 0x8000_0000 ? difference : 0)
  }

  /// True when `other` is this instant or later.
  @inlinable
  public func isReached(at other: Instant) -> Bool {
    other.rawValue &- rawValue < 0x8000_0000
  }

  /// The earlier of two moments; nil stands for never.
  @inlinable
  public static func earlier(_ one: Instant?, _ other: Instant?) -> Instant? {
    guard let one else { return other }
    guard let other, other.isBefore(one) else { return one }
    return other
  }

  /// True when `other` is later.
  @inlinable
  public func isBefore(_ other: Instant) -> Bool {
    !other.isReached(at: self)
  }
}

/// A deadline that can be off, in four bytes.
struct Timer: Equatable {
  // Zero says off; a deadline that falls on zero is moved by a millisecond.
  private var rawValue: UInt32 = 0

  static var off: Timer { Timer() }

  init() {}

  init(at instant: Instant) {
    rawValue = instant.rawValue == 0 ? 1 : instant.rawValue
  }

  /// A timer `span` from `now`; a span of zero means that there is no such deadline.
  @inline(never)
  init(_ span: Milliseconds, from now: Instant) {
    self.init()
    if span.rawValue != 0 { self = Timer(at: now + span) }
  }

  var isOn: Bool { rawValue != 0 }
  var deadline: Instant? { isOn ? Instant(rawValue: rawValue) : nil }

  func isDue(at now: Instant) -> Bool {
    isOn && Instant(rawValue: rawValue).isReached(at: now)
  }

  /// The earlier of two timers.
  @inline(never)
  func earlier(_ other: Timer) -> Timer {
    guard let mine = deadline else { return other }
    guard let theirs = other.deadline else { return self }
    return theirs.isBefore(mine) ? other : self
  }
}
