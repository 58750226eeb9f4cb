/// An option number of a signaling message. It belongs to the message's code: 2 means five different
/// things (RFC 8323 section 5.2).
public enum SignalingOption {
  /// In a CSM: uint of 0 to 4 bytes.
  @inlinable public static var maxMessageSize: OptionNumber { OptionNumber(rawValue: 2) }
  /// In a CSM: empty.
  @inlinable public static var blockWiseTransfer: OptionNumber { OptionNumber(rawValue: 4) }
  /// In a CSM: uint of 0 to 3 bytes (RFC 8974 section 2.2.1).
  @inlinable public static var extendedTokenLength: OptionNumber { OptionNumber(rawValue: 6) }
  /// In a Ping or Pong: empty.
  @inlinable public static var custody: OptionNumber { OptionNumber(rawValue: 2) }
  /// In a Release: string of 1 to 255 bytes, repeatable.
  @inlinable public static var alternativeAddress: OptionNumber { OptionNumber(rawValue: 2) }
  /// In a Release: uint of 0 to 3 bytes, seconds.
  @inlinable public static var holdOff: OptionNumber { OptionNumber(rawValue: 4) }
  /// In an Abort: uint of 0 to 2 bytes.
  @inlinable public static var badCSMOption: OptionNumber { OptionNumber(rawValue: 2) }
}

extension Message {
  /// The first critical option that this signaling message must not have: none is defined, so any.
  var firstCriticalOption: OptionNumber? {
    var options = self.options
    while let option = options.nextCompact() {
      if option.number.isCritical { return option.number }
    }
    return nil
  }

  /// Whether a Ping or Pong has a well-formed Custody option (RFC 8323 section 5.4.1).
  public var hasCustody: Bool {
    @inline(never)
    get {
      guard let custody = firstOption(SignalingOption.custody) else { return false }
      return custody.value.count == 0
    }
  }
}
