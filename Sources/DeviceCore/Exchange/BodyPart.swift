/// Which part of a body a request brings to a resource that takes bodies in parts.
public struct BodyPart: Equatable, Sendable {
  /// The same for all parts of one body, and of no other.
  public let transfer: BodyTransfer
  /// Whether this is the end of the body.
  public let isLast: Bool
  /// The place of the payload's first byte in the body. Parts come in order and without a gap.
  public let offset: UInt32
  /// How many bytes the client says that the body has, which need not be true; nil when it does not say.
  public let announcedByteCount: UInt32?

  /// Whether this is the beginning of the body.
  public var isFirst: Bool { offset == 0 }
}

/// The name of a body that comes in parts.
public struct BodyTransfer: Equatable, Sendable {
  /// What the connection was given as its identity.
  public let connection: UInt32
  let number: UInt16
}
