import DeviceCore

/// After how much silence a connection has to be kept alive: found out by trying, between two limits.
///
/// A NAT forgets a connection that was silent for too long, and tells nobody. So silences grow by half as
/// long as connections live through them. One that is found dead after a silence longer than any that was
/// lived through says too much: back to the longest good one, then once or twice half-way in between, until
/// the two are within a quarter. There it stays, and only rarely, each time twice as rarely, is the silence
/// tried again that was too long; networks change. A loss after a silence that was thought good halves it.
/// What was learned belongs to the network that the device is in, not to a connection, and outlives all of
/// them.
public struct KeepAliveInterval: Equatable, Sendable {
  /// No shorter silence is kept.
  public let shortest: Milliseconds
  /// No longer silence is tried.
  public let longest: Milliseconds
  /// After so much silence a Ping is due.
  public private(set) var current: Milliseconds
  /// The longest silence that a connection has lived through, as far as is known.
  public private(set) var proven: Milliseconds
  private var search = Search.growing
  /// How many silences of a length that works have to pass before a longer one is tried again.
  private var patience = KeepAliveInterval.firstPatience

  private enum Search: Equatable, Sendable {
    /// No silence was too long yet.
    case growing
    /// One was.
    case narrowing(tooLong: Milliseconds)
    /// Near enough.
    case settled(tooLong: Milliseconds, remaining: UInt16)
    /// Is it still too long?
    case retrying(tooLong: Milliseconds)
  }

  private static var firstPatience: UInt16 { 100 }
  private static var longestPatience: UInt16 { 6400 }

  /// Nothing is known but that `shortest` is kept everywhere.
  ///
  /// - Parameter proven: a silence that is known from before, as after a restart; cut to the limits.
  public init(shortest: Milliseconds, longest: Milliseconds, proven: Milliseconds? = nil) {
    self.shortest = shortest
    self.longest = max(shortest, longest)
    self.proven = min(max(proven ?? shortest, shortest), self.longest)
    current = self.proven
  }

  /// A connection was silent for so long, and lived.
  public mutating func survived(_ silence: Milliseconds) {
    // A device that slept for longer than it wanted has tested no more than that.
    let silence = min(silence, current)
    if silence > proven { proven = silence }
    guard silence >= current else { return }
    switch search {
    case .growing:
      current = Milliseconds(min(proven.rawValue + proven.rawValue / 2, longest.rawValue))
    case .narrowing(let tooLong):
      narrow(below: tooLong)
    case .settled(let tooLong, let remaining):
      if remaining > 1 {
        search = .settled(tooLong: tooLong, remaining: remaining - 1)
      } else {
        search = .retrying(tooLong: tooLong)
        current = min(tooLong, longest)
      }
    case .retrying:
      patience = KeepAliveInterval.firstPatience
      search = .growing
    }
  }

  /// A connection was silent for so long, and dead.
  public mutating func lost(after silence: Milliseconds) {
    // What is shorter had another reason.
    guard !(silence < shortest) else { return }
    if silence > proven {
      if case .retrying = search {
        patience = min(patience * 2, KeepAliveInterval.longestPatience)
        settle(below: silence)
      } else {
        search = .narrowing(tooLong: silence)
        current = proven
      }
    } else {
      proven = max(shortest, Milliseconds(silence.rawValue / 2))
      current = proven
      search = .narrowing(tooLong: silence)
    }
  }

  private mutating func narrow(below tooLong: Milliseconds) {
    let gap = tooLong.rawValue > proven.rawValue ? tooLong.rawValue - proven.rawValue : 0
    if gap <= proven.rawValue / 4 {
      settle(below: tooLong)
    } else {
      current = Milliseconds(min(proven.rawValue + gap / 2, longest.rawValue))
    }
  }

  private mutating func settle(below tooLong: Milliseconds) {
    search = .settled(tooLong: tooLong, remaining: patience)
    current = proven
  }
}
