/// The number of an option in a request or a response (RFC 7252 section 5.10).
///
/// Signaling messages number their options anew for each code: see ``SignalingOption``.
public struct OptionNumber: RawRepresentable, Equatable, Comparable, Sendable {
  /// 0 to 65535.
  public let rawValue: UInt16

  /// Any number, registered or not.
  @inlinable
  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// Options go in the order of their numbers.
  @inlinable
  public static func < (left: OptionNumber, right: OptionNumber) -> Bool {
    left.rawValue < right.rawValue
  }

  /// Who does not understand it has to refuse the message (RFC 7252 section 5.4.1).
  @inlinable public var isCritical: Bool { rawValue & 1 != 0 }
  /// A proxy that does not understand it must not forward it (RFC 7252 section 5.4.2).
  @inlinable public var isUnsafe: Bool { rawValue & 2 != 0 }
  /// Not part of the cache key. Says something about safe options only (RFC 7252 section 5.4.6).
  @inlinable public var isNoCacheKey: Bool { rawValue & 0x1e == 0x1c }
}

extension OptionNumber {
  /// 1 If-Match.
  @inlinable public static var ifMatch: OptionNumber { OptionNumber(rawValue: 1) }
  @inlinable public static var uriHost: OptionNumber { OptionNumber(rawValue: 3) }
  @inlinable public static var eTag: OptionNumber { OptionNumber(rawValue: 4) }
  @inlinable public static var ifNoneMatch: OptionNumber { OptionNumber(rawValue: 5) }
  @inlinable public static var observe: OptionNumber { OptionNumber(rawValue: 6) }
  @inlinable public static var uriPort: OptionNumber { OptionNumber(rawValue: 7) }
  @inlinable public static var locationPath: OptionNumber { OptionNumber(rawValue: 8) }
  @inlinable public static var oscore: OptionNumber { OptionNumber(rawValue: 9) }
  @inlinable public static var uriPath: OptionNumber { OptionNumber(rawValue: 11) }
  @inlinable public static var contentFormat: OptionNumber { OptionNumber(rawValue: 12) }
  @inlinable public static var maxAge: OptionNumber { OptionNumber(rawValue: 14) }
  @inlinable public static var uriQuery: OptionNumber { OptionNumber(rawValue: 15) }
  @inlinable public static var hopLimit: OptionNumber { OptionNumber(rawValue: 16) }
  @inlinable public static var accept: OptionNumber { OptionNumber(rawValue: 17) }
  @inlinable public static var qBlock1: OptionNumber { OptionNumber(rawValue: 19) }
  @inlinable public static var locationQuery: OptionNumber { OptionNumber(rawValue: 20) }
  @inlinable public static var edhoc: OptionNumber { OptionNumber(rawValue: 21) }
  @inlinable public static var block2: OptionNumber { OptionNumber(rawValue: 23) }
  @inlinable public static var block1: OptionNumber { OptionNumber(rawValue: 27) }
  @inlinable public static var size2: OptionNumber { OptionNumber(rawValue: 28) }
  @inlinable public static var qBlock2: OptionNumber { OptionNumber(rawValue: 31) }
  @inlinable public static var proxyURI: OptionNumber { OptionNumber(rawValue: 35) }
  @inlinable public static var proxyScheme: OptionNumber { OptionNumber(rawValue: 39) }
  @inlinable public static var size1: OptionNumber { OptionNumber(rawValue: 60) }
  @inlinable public static var echo: OptionNumber { OptionNumber(rawValue: 252) }
  @inlinable public static var noResponse: OptionNumber { OptionNumber(rawValue: 258) }
  @inlinable public static var requestTag: OptionNumber { OptionNumber(rawValue: 292) }
}
