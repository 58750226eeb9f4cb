import DeviceCore

/// SHA-1 (RFC 3174) for inputs of up to 119 bytes: the core has none, and scenarios have no port.
enum SHA1: WebSocketDigest {
  static func sha1(_ bytes: Span<UInt8>) -> InlineArray<20, UInt8>? {
    guard bytes.count < 120 else { return nil }
    var padded = InlineArray<128, UInt8>(repeating: 0)
    for index in bytes.indices { padded[index] = bytes[index] }
    padded[bytes.count] = 0x80
    let blocks = bytes.count < 56 ? 1 : 2
    padded[blocks * 64 - 2] = UInt8(truncatingIfNeeded: bytes.count >> 5)
    padded[blocks * 64 - 1] = UInt8(truncatingIfNeeded: bytes.count << 3)
    var state: InlineArray<5, UInt32> = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0]
    for block in 0..<blocks { add(block, of: padded, to: &state) }
    var digest = InlineArray<20, UInt8>(repeating: 0)
    for index in 0..<20 {
      digest[index] = UInt8(truncatingIfNeeded: state[index / 4] >> (24 - 8 * UInt32(index % 4)))
    }
    return digest
  }

  private static func add(
    _ block: Int, of bytes: borrowing InlineArray<128, UInt8>, to state: inout InlineArray<5, UInt32>
  ) {
    var words = InlineArray<80, UInt32>(repeating: 0)
    for index in 0..<64 {
      words[index / 4] = words[index / 4] << 8 | UInt32(bytes[block * 64 + index])
    }
    for index in 16..<80 {
      words[index] = rotate(
        words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1)
    }
    var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
    for index in 0..<80 {
      var mixed: UInt32
      switch index {
      case ..<20: mixed = (b & c | ~b & d) &+ 0x5a82_7999
      case ..<40: mixed = (b ^ c ^ d) &+ 0x6ed9_eba1
      case ..<60: mixed = (b & c | b & d | c & d) &+ 0x8f1b_bcdc
      default: mixed = (b ^ c ^ d) &+ 0xca62_c1d6
      }
      mixed = mixed &+ rotate(a, 5) &+ e &+ words[index]
      (e, d, c, b, a) = (d, c, rotate(b, 30), a, mixed)
    }
    state[0] = state[0] &+ a
    state[1] = state[1] &+ b
    state[2] = state[2] &+ c
    state[3] = state[3] &+ d
    state[4] = state[4] &+ e
  }

  private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word << count | word >> (32 - count)
  }
}
