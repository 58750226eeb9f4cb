/// SZX: the size of a block as its exponent (RFC 7959 section 2.2), or BERT (RFC 8323 section 6).
public struct BlockSize: RawRepresentable, Equatable, Comparable, Sendable {
  /// 0 to 7: blocks of 16 to 1024 bytes; 7 stands for any number of blocks of 1024 bytes.
  public let rawValue: UInt8

  /// - Returns: nil above 7.
  public init?(rawValue: UInt8) {
    guard rawValue <= 7 else { return nil }
    self.rawValue = rawValue
  }

  init(exponent: UInt8) {
    rawValue = exponent & 7
  }

  /// 16 bytes.
  public static var smallest: BlockSize { BlockSize(exponent: 0) }
  /// 1024 bytes.
  public static var largest: BlockSize { BlockSize(exponent: 6) }
  /// Several blocks of 1024 bytes in a message: only towards a peer that has said that it takes them.
  public static var bert: BlockSize { BlockSize(exponent: 7) }

  /// Of one block, in bytes: 1024 for BERT, too.
  public var byteCount: Int { 1 &<< Int(shift) }

  /// Whether a message may hold several blocks.
  public var isBERT: Bool { rawValue == 7 }

  /// Number and offset of a block differ by so many bits.
  var shift: UInt32 { isBERT ? 10 : UInt32(rawValue) &+ 4 }

  /// The largest size that is at most this one and whose blocks fit into `room` bytes, and how many bytes that
  /// is: several blocks for BERT. Nil when not even the smallest block fits.
  func fitting(_ room: Int) -> (size: BlockSize, byteCount: Int)? {
    if isBERT && room >= 2048 { return (self, room & ~1023) }
    var exponent = isBERT ? 6 : rawValue
    while BlockSize(exponent: exponent).byteCount > room {
      guard exponent > 0 else { return nil }
      exponent &-= 1
    }
    let size = BlockSize(exponent: exponent)
    return (size, size.byteCount)
  }

  /// Whether the first size is the smaller one.
  public static func < (left: BlockSize, right: BlockSize) -> Bool {
    left.rawValue < right.rawValue
  }
}
