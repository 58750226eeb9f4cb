import DeviceCore

/// The date, for a board that was told it when it started and counts from there.
///
/// The clock of a ``Machine`` wraps: whoever asks for the date has to ask at least once in 49 days.
struct Calendar {
  private var seconds: UInt32?
  /// When it was `seconds`.
  private var mark: Instant

  /// - Parameter seconds: from the beginning of 1970 UTC to `now`; nil when the date is not known.
  init(_ seconds: UInt32? = nil, at now: Instant = Instant(rawValue: 0)) {
    self.seconds = seconds
    mark = now
  }

  /// Seconds since the beginning of 1970 UTC, or nil when the date is not known.
  @inline(never)
  mutating func read(at now: Instant) -> UInt32? {
    guard let earlier = seconds else { return nil }
    let passed = (now.rawValue &- mark.rawValue) / 1000
    mark = Instant(rawValue: mark.rawValue &+ passed * 1000)
    // At the end of what 32 bits hold, in 2106, it stands still.
    let (later, isOver) = earlier.addingReportingOverflow(passed)
    seconds = isOver ? .max : later
    return seconds
  }
}
