/// A generator of random bits for boards whose hardware has none: all it gives out comes from a seed that was
/// put into the board.
///
/// Every piece is made with a key that is replaced at once by a part of the same ChaCha20 block ("fast key
/// erasure"), so what is in memory tells nothing about what was given out before.
public struct SeededGenerator: ~Copyable {
  private var cipher = ChaCha20()
  /// Whether there was a seed.
  public private(set) var isSeeded = false

  /// How many bytes a seed has.
  public static var seedByteCount: Int { 48 }
  /// How many random bytes one block gives beside the next key.
  private static var pieceByteCount: Int { 32 }

  /// A generator that gives nothing before it is seeded.
  public init() {}

  /// Takes a seed: the key, the nonce and the counter of the block whose first half is the first key.
  ///
  /// - Precondition: `seed` has ``seedByteCount`` random bytes that nobody knows and that were never used before.
  public mutating func take(seed: Span<UInt8>) {
    precondition(seed.count == SeededGenerator.seedByteCount)
    var words = InlineArray<12, UInt32>(repeating: 0)
    for index in seed.indices {
      words[index / 4] |= UInt32(seed[index]) &<< UInt32(truncatingIfNeeded: index % 4 * 8)
    }
    for index in 0..<8 { cipher.key[index] = words[index] }
    replaceKey(from: cipher.block(counter: words[11], nonce: [words[8], words[9], words[10]]))
    isSeeded = true
  }

  /// Fills `bytes` with random bits.
  ///
  /// - Returns: false, and nothing is filled, when there was no seed.
  public mutating func fill(_ bytes: inout MutableSpan<UInt8>) -> Bool {
    guard isSeeded else { return false }
    var filled = 0
    while filled < bytes.count {
      let block = cipher.block(counter: 0, nonce: [0, 0, 0])
      replaceKey(from: block)
      for index in 0..<min(bytes.count - filled, SeededGenerator.pieceByteCount) {
        let word = block[8 + index / 4]
        bytes[filled] = UInt8(truncatingIfNeeded: word &>> UInt32(truncatingIfNeeded: index % 4 * 8))
        filled += 1
      }
    }
    return true
  }

  private mutating func replaceKey(from block: InlineArray<16, UInt32>) {
    for index in 0..<8 { cipher.key[index] = block[index] }
  }
}
