import DeviceCore

/// The earliest of two moments, each of which may never come.
struct Deadline {
  let earliest: Instant?

  init(_ one: Instant?, _ other: Instant?) {
    earliest = one?.earlier(other) ?? other
  }
}

extension Instant {
  /// The earlier one of two.
  func earlier(_ other: Instant?) -> Instant {
    guard let other, other.isBefore(self) else { return self }
    return other
  }
}
