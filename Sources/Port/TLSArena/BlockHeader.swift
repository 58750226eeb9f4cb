/// What stands in front of every block: 8 bytes, on 64-bit machines too.
struct BlockHeader {
  /// The byte count, which is a multiple of 8, and 1 in the lowest bit for a block in use.
  private let byteCountAndUse: Int32
  private let preceding: Int32

  init(byteCount: Int, precedingByteCount: Int, isUsed: Bool) {
    byteCountAndUse = Int32(byteCount) | (isUsed ? 1 : 0)
    preceding = Int32(precedingByteCount)
  }

  /// Of the whole block, with this header.
  var byteCount: Int { Int(byteCountAndUse & ~7) }
  /// Of the block that ends where this one starts; 0 for the first one.
  var precedingByteCount: Int { Int(preceding) }
  var isUsed: Bool { byteCountAndUse & 1 != 0 }

  static var byteCount: Int { 8 }
}
