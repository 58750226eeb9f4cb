/// Why bytes are no URI of a CoAP resource (RFC 3986, RFC 7252 section 6.4, RFC 8323 section 8.6).
public enum URIFault: UInt8, Equatable, Sendable {
  /// Relative: nothing that could be a scheme in front.
  case missingScheme
  /// The scheme of something else, CoAP over UDP included.
  case unknownScheme
  /// No authority, or an empty host (RFC 7252 section 6.1).
  case missingHost
  /// `user@` in front of the host.
  case userInformation
  /// A byte that a host name must not have.
  case invalidHost
  /// More than fits into Uri-Host.
  case hostTooLong
  /// What stands in brackets is no IPv6 address.
  case invalidIPv6Address
  /// An IPv6 address with a zone: it means something on this machine only.
  case zoneIdentifier
  /// CoAP over TCP has no multicast (RFC 8323 section 8).
  case multicastHost
  /// Not a decimal number up to 65535.
  case invalidPort
  /// A byte that has to be percent-encoded.
  case invalidCharacter
  /// `%` without two hexadecimal digits.
  case invalidPercentEncoding
  /// A segment `.` or `..`, which Uri-Path must not hold (RFC 7252 section 5.10.1).
  case dotSegment
  /// More than fits into Uri-Path.
  case segmentTooLong
  /// More than fits into Uri-Query.
  case argumentTooLong
  /// `#...`: a request cannot carry it.
  case fragment

  /// A sentence for a person.
  public var text: StaticString {
    switch self {
    case .missingScheme: "no scheme such as coap+tcp:// in front"
    case .unknownScheme: "the scheme is none of coap+tcp, coaps+tcp, coap+ws and coaps+ws"
    case .missingHost: "no host"
    case .userInformation: "a user name in front of the host"
    case .invalidHost: "a character that a host must not have"
    case .hostTooLong: "a host longer than 255 bytes"
    case .invalidIPv6Address: "an invalid IPv6 address"
    case .zoneIdentifier: "a zone identifier in an IPv6 address"
    case .multicastHost: "a multicast address as the host"
    case .invalidPort: "the port is no number from 0 to 65535"
    case .invalidCharacter: "a character that has to be percent-encoded"
    case .invalidPercentEncoding: "% without two hexadecimal digits"
    case .dotSegment: "a path segment . or .."
    case .segmentTooLong: "a path segment longer than 255 bytes"
    case .argumentTooLong: "a query argument longer than 255 bytes"
    case .fragment: "a fragment, which no request can carry"
    }
  }
}

/// A fault and the byte of the URI at which it was found.
public struct URIError: Error, Equatable, Sendable {
  /// What is wrong.
  public let fault: URIFault
  /// Where, in bytes from the start of the text.
  public let offset: Int

  init(_ fault: URIFault, at offset: Int) {
    self.fault = fault
    self.offset = offset
  }
}
