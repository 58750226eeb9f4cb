/// Why something was not written. The message is as it was before.
public enum WriteError: Error, Equatable, Sendable {
  /// More than the memory, or more than the peer takes (RFC 8323 section 5.3.1).
  case tooLarge
  /// Options go in the order of their numbers (RFC 7252 section 3.1).
  case outOfOrder
  /// An option behind the payload.
  case payloadBegun
  /// A length or a value that this option must not have (RFC 7252 sections 5.4.3 and 5.10).
  case invalidValue
  /// A second one of an option that must not be repeated (RFC 7252 section 5.4.5).
  case repeated
}
