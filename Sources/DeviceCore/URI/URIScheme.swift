/// The schemes of CoAP over reliable transports (RFC 8323 sections 8.1 to 8.4). Each has a namespace of
/// its own: equal authorities in two schemes are different hosts.
public enum URIScheme: UInt8, Equatable, Sendable {
  /// `coap+tcp`
  case coapTCP
  /// `coaps+tcp`
  case coapsTCP
  /// `coap+ws`
  case coapWS
  /// `coaps+ws`
  case coapsWS

  /// The scheme of this name in any case, without the colon; nil for every other name.
  public init?(_ name: Span<UInt8>) {
    if name.isEqualIgnoringCase(to: "coap+tcp") {
      self = .coapTCP
    } else if name.isEqualIgnoringCase(to: "coaps+tcp") {
      self = .coapsTCP
    } else if name.isEqualIgnoringCase(to: "coap+ws") {
      self = .coapWS
    } else if name.isEqualIgnoringCase(to: "coaps+ws") {
      self = .coapsWS
    } else {
      return nil
    }
  }

  /// As it is written in a URI.
  public var name: StaticString {
    switch self {
    case .coapTCP: "coap+tcp"
    case .coapsTCP: "coaps+tcp"
    case .coapWS: "coap+ws"
    case .coapsWS: "coaps+ws"
    }
  }

  /// The TCP port of a URI that names none.
  public var defaultPort: UInt16 {
    switch self {
    case .coapTCP: 5683
    case .coapsTCP: 5684
    case .coapWS: 80
    case .coapsWS: 443
    }
  }

  /// Whether TLS protects the connection.
  public var isSecured: Bool { self == .coapsTCP || self == .coapsWS }

  /// Whether messages travel in WebSocket frames.
  public var isWebSocket: Bool { self == .coapWS || self == .coapsWS }
}

extension Span where Element == UInt8 {
  /// Whether both are the same but for the case of ASCII letters.
  func isEqualIgnoringCase(to text: StaticString) -> Bool {
    isEqualIgnoringCase(to: text.bytes)
  }

  func isEqualIgnoringCase(to other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index].lowercased != other[index].lowercased {
      return false
    }
    return true
  }
}

extension UInt8 {
  /// An ASCII letter in lower case; every other byte as it is.
  var lowercased: UInt8 {
    self >= 0x41 && self <= 0x5a ? self | 0x20 : self
  }
}
