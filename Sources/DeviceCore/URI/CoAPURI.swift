/// An absolute URI of a CoAP resource, checked: what a request says of it can be written without any
/// further failure of the URI (RFC 7252 section 6, RFC 8323 section 8).
///
/// A view over text that somebody else owns; it copies nothing.
public struct CoAPURI: ~Escapable {
  private let text: Span<UInt8>
  private let layout: URILayout

  /// Checks all of `text`.
  ///
  /// - Throws: ``URIError``: what is wrong, and where.
  @_lifetime(copy text)
  public init(_ text: Span<UInt8>) throws(URIError) {
    layout = try URILayout(text)
    self.text = text
  }

  /// The scheme, with its default port.
  public var scheme: URIScheme { layout.scheme }

  /// The TCP port, which is the scheme's own when the URI names none (RFC 8323 sections 8.1 to 8.4).
  public var port: UInt16 { layout.port }

  /// Whether it names the server alone: no path but perhaps "/", and no query.
  public var isRoot: Bool { layout.path.count <= 1 && layout.query == nil }

  // MARK: The host

  /// What kind of host the URI names.
  public enum HostForm: UInt8, Equatable, Sendable {
    case name
    case ipv4
    case ipv6
  }

  /// Whether the host is a name or an address.
  public var hostForm: HostForm { layout.hostForm }

  /// The host as it was written, an IPv6 address without its brackets. A name may be percent-encoded:
  /// see ``copyHost(into:)``.
  public var host: Span<UInt8> {
    @_lifetime(copy self)
    get { text.extracting(layout.host) }
  }

  /// Copies the host in lower case and without percent-encoding: what a resolver is asked for.
  ///
  /// - Returns: its length, 1 to 255 bytes, or nil when `space` is too small.
  public func copyHost(into space: inout MutableSpan<UInt8>) -> Int? {
    var count = 0
    var position = layout.host.lowerBound
    while position < layout.host.upperBound {
      let byte = decodedByte(&position)
      guard count < space.count else { return nil }
      space[count] = byte.lowercased
      count += 1
    }
    return count
  }

  /// Whether `other`, a name or a numeric address without brackets, is this host: names are compared
  /// without case and without a dot at their end, addresses by value.
  public func isHost(_ other: Span<UInt8>) -> Bool {
    switch hostForm {
    case .ipv4: return IPAddress(v4: host) == IPAddress(v4: other)
    case .ipv6: return IPAddress(v6: host) == IPAddress(v6: other)
    case .name: break
    }
    var mine = InlineArray<255, UInt8>(repeating: 0)
    var space = mine.mutableSpan
    guard let count = copyHost(into: &space) else { return false }
    let name = mine.span.extracting(first: count)
    return name.withoutFinalDot.isEqualIgnoringCase(to: other.withoutFinalDot)
  }

  /// Whether the peer takes this host for granted when the connection was opened to this URI's own host
  /// and port (RFC 8323 section 8.5): it does for a numeric address, and for a name that the TLS handshake
  /// or the WebSocket request has told it.
  public var isHostImplied: Bool {
    hostForm != .name || scheme != .coapTCP
  }

  // MARK: Options

  /// Appends everything that the URI says to a request on a connection to this URI's own host and port.
  ///
  /// For other options with numbers in between use the single steps, which come in this order.
  ///
  /// - Parameter observe: the value of Observe (6), which has its place behind Uri-Host: 0 registers, 1
  ///   deregisters (RFC 7641 section 2). Nil is a request without Observe.
  /// - Throws: ``WriteError/tooLarge``, ``WriteError/outOfOrder`` after an option above Uri-Host, or
  ///   ``WriteError/invalidValue`` for an `observe` of more than 24 bits.
  public func append(
    to writer: inout MessageWriter, observe: UInt32? = nil
  ) throws(WriteError) {
    try appendHost(to: &writer, isDefault: isHostImplied)
    if let observe { try writer.appendCompact(.observe, uint: observe) }
    try appendPort(to: &writer, destination: port)
    try appendPath(to: &writer)
    try appendQuery(to: &writer)
  }

  /// Appends Uri-Host (3), in lower case and percent-decoded, unless the host is the default.
  ///
  /// - Parameter isDefault: whether the peer takes this host for granted: ``isHostImplied`` on a
  ///   connection to the URI's own host; else whether ``isHost(_:)`` holds for the numeric address that was
  ///   dialled, the server name of the TLS handshake, or the Host of the WebSocket request.
  public func appendHost(
    to writer: inout MessageWriter, isDefault: Bool
  ) throws(WriteError) {
    guard !isDefault else { return }
    var bytes = InlineArray<255, UInt8>(repeating: 0)
    var space = bytes.mutableSpan
    guard let count = copyHost(into: &space) else { throw .tooLarge }
    try writer.appendCompact(.uriHost, bytes.span.extracting(first: count))
  }

  /// Appends Uri-Port (7) unless it is the TCP port that was dialled.
  public func appendPort(
    to writer: inout MessageWriter, destination: UInt16
  ) throws(WriteError) {
    guard port != destination else { return }
    try writer.appendCompact(.uriPort, uint: UInt32(port))
  }

  /// Appends a Uri-Path (11) for each segment, percent-decoded once; none for the root.
  public func appendPath(to writer: inout MessageWriter) throws(WriteError) {
    guard layout.path.count > 1 else { return }
    try append(.uriPath, layout.path.dropFirst(), splitAt: 0x2f, to: &writer)
  }

  /// Appends a Uri-Query (15) for each argument, percent-decoded once. A URI that ends with "?" has one
  /// empty argument; one without "?" has none.
  public func appendQuery(to writer: inout MessageWriter) throws(WriteError) {
    guard let query = layout.query else { return }
    try append(.uriQuery, query, splitAt: 0x26, to: &writer)
  }

  private func append(
    _ number: OptionNumber, _ range: Range<Int>, splitAt separator: UInt8,
    to writer: inout MessageWriter
  ) throws(WriteError) {
    var start = range.lowerBound
    var isEncoded = false
    for index in range.lowerBound...range.upperBound {
      if index == range.upperBound || text[index] == separator {
        if isEncoded {
          try appendDecoded(number, start..<index, to: &writer)
        } else {
          try writer.appendCompact(number, text.extracting(start..<index))
        }
        start = index + 1
        isEncoded = false
      } else if text[index] == percentSign {
        isEncoded = true
      }
    }
  }

  private func appendDecoded(
    _ number: OptionNumber, _ range: Range<Int>, to writer: inout MessageWriter
  ) throws(WriteError) {
    var bytes = InlineArray<255, UInt8>(repeating: 0)
    var count = 0
    var position = range.lowerBound
    while position < range.upperBound {
      // The layout has refused everything longer.
      bytes[count] = decodedByte(&position)
      count += 1
    }
    try writer.appendCompact(number, bytes.span.extracting(first: count))
  }

  /// The byte at `position`, which moves behind it.
  private func decodedByte(_ position: inout Int) -> UInt8 {
    text.percentDecodedByte(&position) ?? 0
  }
}

let percentSign: UInt8 = 0x25

extension Span where Element == UInt8 {
  /// The byte that stands at `position` or is encoded there; nil for a percent sign without two digits.
  func percentDecodedByte(_ position: inout Int) -> UInt8? {
    let byte = self[position]
    guard byte == percentSign else {
      position += 1
      return byte
    }
    guard count - position > 2, let high = self[position + 1].hexDigit,
      let low = self[position + 2].hexDigit
    else { return nil }
    position += 3
    return high << 4 | low
  }

  /// A name without the dot of its root.
  var withoutFinalDot: Span<UInt8> {
    @_lifetime(copy self)
    get { count > 1 && self[count - 1] == 0x2e ? extracting(droppingLast: 1) : self }
  }
}
