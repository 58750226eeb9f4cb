/// Which end of a WebSocket: the one that has sent the opening handshake, or the other.
public enum WebSocketRole: Sendable { case client, server }

/// What a Close frame gives as the reason (RFC 6455 section 7.4.1). Other numbers are passed on as they are.
public struct WebSocketCloseCode: RawRepresentable, Equatable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt16

  /// Any number.
  @inlinable
  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// All is done.
  public static var normal: Self { Self(rawValue: 1000) }
  /// This end goes away.
  public static var goingAway: Self { Self(rawValue: 1001) }
  /// The other end broke a rule of RFC 6455 or of RFC 8323.
  public static var protocolError: Self { Self(rawValue: 1002) }
  /// Text, where only binary messages have a meaning.
  public static var unsupportedData: Self { Self(rawValue: 1003) }
  /// Against a rule of this end's own.
  public static var policyViolation: Self { Self(rawValue: 1008) }
  /// A message that is too large.
  public static var messageTooBig: Self { Self(rawValue: 1009) }

  /// Whether it may stand in a Close frame: 1005, 1006 and 1015 are for programs only, and the rest below 3000
  /// is not assigned (RFC 6455 section 7.4.2).
  public var isSendable: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }
}
