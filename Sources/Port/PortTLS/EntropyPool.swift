import CMbedTLS
import Port

/// Random bits from the board, laid up for mbedTLS, which asks through a C function that knows no board.
struct EntropyPool: ~Copyable {
  private var bytes = InlineArray<64, UInt8>(repeating: 0)
  private var count = 0

  /// Fills up what was taken.
  ///
  /// - Returns: false when the board has no random bits.
  mutating func refill(from board: inout some Board) -> Bool {
    guard count < bytes.count else { return true }
    var space = bytes.mutableSpan
    guard board.fillRandom(&space) else { return false }
    count = bytes.count
    return true
  }

  /// Hands out bytes, each only once.
  ///
  /// - Returns: false when there are too few.
  @unsafe
  mutating func take(_ wanted: Int, to space: UnsafeMutablePointer<UInt8>) -> Bool {
    guard wanted <= count else { return false }
    for index in 0..<wanted {
      count -= 1
      unsafe space[index] = bytes[count]
      bytes[count] = 0
    }
    return true
  }
}
