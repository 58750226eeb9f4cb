@testable import Scenarios

/// How the bytes from the peer are cut, and what else happens between the pieces: drawn from three bytes of the
/// input.
struct Cuts {
  private let largest: Int
  private let isEventful: Bool
  var random: Random

  init(_ tape: inout Tape) {
    let mode = tape.byte()
    let seed = UInt32(tape.byte()) << 8 | UInt32(tape.byte())
    random = Random(seed: seed + 1)
    switch mode & 3 {
    case 0: largest = .max
    case 1: largest = 1
    case 2: largest = 8
    default: largest = 300
    }
    isEventful = mode & 4 != 0
  }

  /// How many of the bytes that are left come next.
  mutating func piece(of count: Int) -> Int {
    if largest >= count && largest == .max { return count }
    return min(count, 1 + random.below(largest))
  }

  /// Whether something happens now.
  mutating func hasEvent() -> Bool { isEventful && random.oneIn(4) }
}
