/// What an end of a connection can take, as its Capabilities and Settings Messages said so far
/// (RFC 8323 section 5.3, RFC 8974 section 2.2).
public struct Capabilities: Equatable, Sendable {
  /// The largest message it takes, header to payload, in bytes.
  public var maximumMessageByteCount: UInt32 = 1152
  /// Whether it said that it knows block-wise transfers.
  public var supportsBlockWiseTransfer = false
  /// The longest token it takes, in bytes.
  public var maximumTokenByteCount: UInt32 = 8

  /// The base values, in force until the first CSM.
  public init() {}

  /// Whether BERT blocks may be sent to it (RFC 8323 sections 5.3.2 and 6).
  public var supportsBERT: Bool { supportsBlockWiseTransfer && maximumMessageByteCount > 1152 }

  /// Takes over what a CSM says; what it leaves out stays as it was.
  ///
  /// - Throws: the option that cannot be processed (RFC 8323 section 5.6).
  mutating func update(from message: borrowing Message) throws(ProtocolFault) {
    var options = message.options
    var previous: UInt16 = 0
    while let option = options.nextCompact() {
      let number = option.number
      // A repeated option is an unrecognised elective one (RFC 7252 section 5.4.5).
      let isRepeated = number.rawValue == previous
      previous = number.rawValue
      if number.isCritical { throw .unknownCapability(number.rawValue) }
      if isRepeated { continue }
      switch number {
      case SignalingOption.maxMessageSize:
        guard let size = option.uint else { throw .invalidCapability(number.rawValue) }
        maximumMessageByteCount = size
      case SignalingOption.blockWiseTransfer:
        // With a value it is an elective option of a wrong length: ignored.
        if option.value.count == 0 { supportsBlockWiseTransfer = true }
      case SignalingOption.extendedTokenLength:
        guard option.value.count <= 3, let length = option.uint
        else { throw .invalidCapability(number.rawValue) }
        if length >= 8 {
          maximumTokenByteCount = min(length, Capabilities.longestToken)
        }
      default:
        break
      }
    }
  }

  /// What the encoding of token lengths can express (RFC 8974 section 2.1).
  static var longestToken: UInt32 { 65804 }
}
