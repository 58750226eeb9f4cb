import DeviceCore
import Port

extension PortCheck {
  /// Shows a generator that is not there, or is joined wrongly; it cannot show that nobody can guess its bits.
  mutating func checkRandomness() throws(Stop) {
    // 4 KiB in pieces; a small size that is no multiple of a word shows what forgets the rest.
    try checkDraws(of: 64, 64)
    try checkDraws(of: 13, 64)
  }

  private mutating func checkDraws(of size: Int, _ draws: Int) throws(Stop) {
    var last = try draw(size)
    var changed = InlineArray<64, Bool>(repeating: false)
    var ones = 0
    for _ in 0..<draws {
      let next = try draw(size)
      var isNew = false
      for index in 0..<size {
        ones += next[index].nonzeroBitCount
        if next[index] != last[index] {
          changed[index] = true
          isNew = true
        }
      }
      guard isNew else { throw .failed("two draws were the same") }
      last = next
    }
    for index in 0..<size where !changed[index] {
      throw .failed("byte", UInt32(index), "is always the same")
    }
    // Ten standard deviations and more: chance fails no good generator.
    let expected = size * draws * 4
    guard abs(ones - expected) < expected / 16 + 200 else {
      throw .failed("of 1000 bits", UInt32(ones * 500 / expected), "are ones")
    }
  }

  /// - Returns: so many random bytes, and then others.
  private mutating func draw(_ size: Int) throws(Stop) -> InlineArray<65, UInt8> {
    let mark: UInt8 = 0xA5
    var bytes = InlineArray<65, UInt8>(repeating: mark)
    var all = bytes.mutableSpan
    var space = all._mutatingExtracting(0..<size)
    guard board.fillRandom(&space) else { throw .failed("there are no random bits") }
    guard bytes[size] == mark else {
      throw .failed("it wrote behind the", UInt32(size), "bytes it was given")
    }
    return bytes
  }
}
