/// The number of a media type with its content coding (RFC 7252 section 12.3).
///
/// Open: any number from 0 to 65535 can be held.
public struct ContentFormat: RawRepresentable, Equatable, Sendable {
  /// The number in the IANA registry.
  public let rawValue: UInt16

  /// Any number, registered or not.
  @inlinable
  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// `text/plain; charset=utf-8`
  @inlinable public static var textPlain: ContentFormat { ContentFormat(rawValue: 0) }
  /// `application/link-format` (RFC 6690)
  @inlinable public static var linkFormat: ContentFormat { ContentFormat(rawValue: 40) }
  /// `application/xml`
  @inlinable public static var xml: ContentFormat { ContentFormat(rawValue: 41) }
  /// `application/octet-stream`
  @inlinable public static var octetStream: ContentFormat { ContentFormat(rawValue: 42) }
  /// `application/json`
  @inlinable public static var json: ContentFormat { ContentFormat(rawValue: 50) }
  /// `application/cbor`
  @inlinable public static var cbor: ContentFormat { ContentFormat(rawValue: 60) }
  /// `application/senml+json` (RFC 8428)
  @inlinable public static var senMLJSON: ContentFormat { ContentFormat(rawValue: 110) }
  /// `application/senml+cbor` (RFC 8428)
  @inlinable public static var senMLCBOR: ContentFormat { ContentFormat(rawValue: 112) }
}
