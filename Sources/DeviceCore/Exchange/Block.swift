/// What a Block1 or Block2 option says: which part of a body, whether more follows, and the size of the blocks
/// (RFC 7959 section 2.2, RFC 8323 section 6).
public struct Block: Equatable, Sendable {
  /// The value as it goes into the option.
  public let rawValue: UInt32

  /// NUM, 0 to 1,048,575: the place of the first block in units of its size.
  public var number: UInt32 { rawValue &>> 4 }
  /// M: more of the body follows.
  public var isMore: Bool { rawValue & 8 != 0 }
  /// SZX.
  public var size: BlockSize { BlockSize(exponent: UInt8(truncatingIfNeeded: rawValue & 7)) }

  /// - Precondition: `number` is at most 1,048,575.
  public init(number: UInt32, isMore: Bool, size: BlockSize) {
    precondition(number < 0x10_0000)
    rawValue = number &<< 4 | (isMore ? 8 : 0) | UInt32(size.rawValue)
  }

  /// The part that begins at `offset`, in bytes.
  ///
  /// - Returns: nil when block numbers do not reach that far, or no block of this size begins there.
  public init?(offset: UInt32, isMore: Bool, size: BlockSize) {
    let number = offset &>> size.shift
    guard number < 0x10_0000, number &<< size.shift == offset else { return nil }
    self.init(number: number, isMore: isMore, size: size)
  }

  /// The value of an option; nil when it has more than three bytes.
  public init?(_ option: MessageOption) {
    guard option.value.count <= 3, let value = option.uint else { return nil }
    self.init(rawValue: value)
  }

  /// - Precondition: `rawValue` has at most 24 bits.
  init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// The place of its first byte in the body, at most 2^30.
  public var offset: UInt32 { number &<< size.shift }

  /// Whether a payload of so many bytes is one that a descriptive option with this value may have
  /// (RFC 7959 section 2.3, RFC 8323 section 6): whole blocks, at least one, unless it is the last part.
  public func allows(payloadByteCount count: Int) -> Bool {
    if size.isBERT { return !isMore || (count > 0 && count & 1023 == 0) }
    return isMore ? count == size.byteCount : count <= size.byteCount
  }
}
