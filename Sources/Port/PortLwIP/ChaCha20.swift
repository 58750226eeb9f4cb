/// The ChaCha20 block function (RFC 8439 section 2.3): 64 bytes that nobody can tell from random ones without
/// the key. Small, fast without hardware, and the same time for every key.
struct ChaCha20 {
  /// 256 bits.
  var key = InlineArray<8, UInt32>(repeating: 0)

  /// The 16 words of one block.
  func block(counter: UInt32, nonce: InlineArray<3, UInt32>) -> InlineArray<16, UInt32> {
    var start = InlineArray<16, UInt32>(repeating: 0)
    // "expand 32-byte k"
    start[0] = 0x6170_7865
    start[1] = 0x3320_646e
    start[2] = 0x7962_2d32
    start[3] = 0x6b20_6574
    for index in 0..<8 { start[4 + index] = key[index] }
    start[12] = counter
    for index in 0..<3 { start[13 + index] = nonce[index] }

    var state = start
    for _ in 0..<10 {
      for column in 0..<4 {
        ChaCha20.quarterRound(&state, column, 4 + column, 8 + column, 12 + column)
      }
      for column in 0..<4 {
        ChaCha20.quarterRound(
          &state, column, 4 + (column + 1) & 3, 8 + (column + 2) & 3, 12 + (column + 3) & 3)
      }
    }
    for index in 0..<16 { state[index] = state[index] &+ start[index] }
    return state
  }

  private static func quarterRound(
    _ state: inout InlineArray<16, UInt32>, _ a: Int, _ b: Int, _ c: Int, _ d: Int
  ) {
    state[a] = state[a] &+ state[b]
    state[d] = rotated(state[d] ^ state[a], left: 16)
    state[c] = state[c] &+ state[d]
    state[b] = rotated(state[b] ^ state[c], left: 12)
    state[a] = state[a] &+ state[b]
    state[d] = rotated(state[d] ^ state[a], left: 8)
    state[c] = state[c] &+ state[d]
    state[b] = rotated(state[b] ^ state[c], left: 7)
  }

  private static func rotated(_ word: UInt32, left count: UInt32) -> UInt32 {
    word &<< count | word &>> (32 &- count)
  }
}
