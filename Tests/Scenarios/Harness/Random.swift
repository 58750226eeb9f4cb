/// Numbers that look random and are the same in every run (xorshift, 32 bits).
struct Random {
  private var state: UInt32

  init(seed: UInt32) {
    state = seed == 0 ? 0x9e37_79b9 : seed
    for _ in 0..<4 { _ = next() }
  }

  mutating func next() -> UInt32 {
    state ^= state << 13
    state ^= state >> 17
    state ^= state << 5
    return state
  }

  mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next() >> 11) }

  /// A number from 0 to `bound - 1`.
  mutating func below(_ bound: Int) -> Int {
    Int(next() >> 4) % bound
  }

  /// True once in `count` times.
  mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }
}
