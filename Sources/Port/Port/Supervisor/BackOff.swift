import DeviceCore

/// Pauses between attempts: twice as long after each failure, and a part of them random, so that devices
/// that lost the same server do not all come back at once.
struct BackOff {
  private let first: UInt32
  private let longest: UInt32
  private var current: UInt32

  init(first: Milliseconds, longest: Milliseconds) {
    self.first = first.rawValue
    self.longest = max(first, longest).rawValue
    current = first.rawValue
  }

  /// The pause after one more failure: from half to the whole of the current span.
  mutating func next(_ random: UInt32) -> Milliseconds {
    let half = current / 2
    let pause = half + random % (current - half + 1)
    current = current > longest / 2 ? longest : current * 2
    return Milliseconds(pause)
  }

  /// A pause that nothing has failed before: from none to the first span.
  func jitter(_ random: UInt32) -> Milliseconds {
    Milliseconds(random % (first + 1))
  }

  /// The last connection was a good one.
  mutating func reset() {
    current = first
  }
}
