import DeviceCore
import Port

/// A board whose random bits come again in each run, so that a run in less memory does the same.
struct SeededBoard: Board {
  private var random: UInt64
  let unixTime: UInt32?

  /// - Parameter date: in seconds since 1970.
  init(seed: UInt64, date: UInt32) {
    random = seed
    unixTime = date
  }

  var now: Instant { Instant(rawValue: 0) }

  mutating func wait(until deadline: Instant?) {}

  mutating func fillRandom(_ bytes: inout MutableSpan<UInt8>) -> Bool {
    for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: next()) }
    return true
  }

  /// SplitMix64.
  private mutating func next() -> UInt64 {
    random &+= 0x9e37_79b9_7f4a_7c15
    var mixed = random
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
