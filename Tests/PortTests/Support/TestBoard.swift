import DeviceCore
import Port

/// A board whose time, date and random bits the test decides. Copies are the same board.
struct TestBoard: Board {
  private final class State {
    var now = Instant(rawValue: 1000)
    var unixTime: UInt32? = TestBoard.someDay
    var hasEntropy = true
    var random: UInt64
    var waits: [Instant?] = []

    init(seed: UInt64) { random = seed }
  }

  private let state: State

  /// 2025-06-15 12:00:00 UTC.
  static var someDay: UInt32 { 1_749_988_800 }

  init(seed: UInt64 = 1) { state = State(seed: seed) }

  var now: Instant { state.now }

  var unixTime: UInt32? {
    get { state.unixTime }
    nonmutating set { state.unixTime = newValue }
  }

  var hasEntropy: Bool {
    get { state.hasEntropy }
    nonmutating set { state.hasEntropy = newValue }
  }

  /// Every deadline that was waited for.
  var waits: [Instant?] { state.waits }

  func advance(by span: Milliseconds) { state.now = state.now + span }

  mutating func wait(until deadline: Instant?) { state.waits.append(deadline) }

  mutating func fillRandom(_ bytes: inout MutableSpan<UInt8>) -> Bool {
    guard state.hasEntropy else { return false }
    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: next()) }
    return true
  }

  /// SplitMix64.
  private func next() -> UInt64 {
    state.random &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state.random
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
