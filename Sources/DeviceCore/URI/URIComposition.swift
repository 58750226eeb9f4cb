/// Why the options of a request make no URI (RFC 7252 section 6.5).
public enum URICompositionError: Error, Equatable, Sendable {
  /// The memory is too small for the URI.
  case doesNotFit
  /// The URI would have this fault: a host that is none or multicast, a segment "." or "..".
  case malformed(URIFault)
  /// No URI says what this option says: it is repeated, too long, the one empty Uri-Path of a request (a
  /// path "/" has no option), or it names the URI of a proxy's request by itself.
  case inexpressible(OptionNumber)
}

extension CoAPURI {
  /// Writes the URI that a request asks for (RFC 7252 section 6.5, RFC 8323 section 8.7): in lower case up
  /// to the path, with upper-case percent-encoding, and without the scheme's own port. It reads as the
  /// same options again.
  ///
  /// - Parameters:
  ///   - scheme: what the transport of the connection says.
  ///   - address: the numeric address that the connection goes to, without brackets.
  ///   - port: the TCP port that the connection goes to.
  ///   - defaultHost: in requests from the client to the server of the connection, the server name of the
  ///     TLS handshake or the Host of the WebSocket request, if there was one (RFC 8323 section 8.5).
  /// - Returns: how many bytes of `space` the URI has. What `space` holds after an error is undefined.
  public static func compose(
    _ request: Message, scheme: URIScheme, address: Span<UInt8>, port: UInt16,
    defaultHost: Span<UInt8>? = nil, into space: inout MutableSpan<UInt8>
  ) throws(URICompositionError) -> Int {
    try checkOptions(of: request)
    var count = 0
    try append(scheme.name.bytes, .asIs, &space, &count)
    try append("://", .asIs, &space, &count)
    if let option = request.firstOption(.uriHost) {
      try appendHost(option.value, &space, &count)
    } else if let defaultHost {
      try appendHost(defaultHost, &space, &count)
    } else {
      try appendHost(address, &space, &count)
    }
    var shown = UInt32(port)
    if let value = request.firstOption(.uriPort)?.uint { shown = value }
    if shown != UInt32(scheme.defaultPort) {
      let digits = DecimalDigits(shown)
      try append(":", .asIs, &space, &count)
      try append(digits.bytes, .asIs, &space, &count)
    }
    try appendResource(request, &space, &count)
    // One set of rules in both directions: what comes out is what goes in.
    do throws(URIError) {
      _ = try URILayout(space.span.extracting(first: count))
    } catch {
      throw .malformed(error.fault)
    }
    return count
  }

  private static func checkOptions(of request: Message) throws(URICompositionError) {
    var options = request.options
    var previous: OptionNumber?
    var isLoneEmptyPath = false
    while let option = options.nextCompact() {
      let number = option.number
      switch number {
      case .uriHost, .uriPort, .uriPath, .uriQuery:
        guard let rule = number.rule, rule.allows(length: option.value.count),
          rule.isRepeatable || number != previous
        else { throw .inexpressible(number) }
        if number == .uriPath {
          isLoneEmptyPath = previous != .uriPath && option.value.count == 0
        }
      case .proxyURI, .proxyScheme: throw .inexpressible(number)
      default: break
      }
      previous = number
    }
    if isLoneEmptyPath { throw .inexpressible(.uriPath) }
  }

  /// A host with a colon is an IPv6 address, in brackets or not.
  private static func appendHost(
    _ host: Span<UInt8>, _ space: inout MutableSpan<UInt8>, _ count: inout Int
  ) throws(URICompositionError) {
    var isName = true
    for index in host.indices where host[index] == 0x3a { isName = false }
    if isName { return try append(host, .name, &space, &count) }
    var address = host
    if host.count >= 2, host[0] == 0x5b, host[host.count - 1] == 0x5d {
      address = host.extracting(1..<host.count - 1)
    }
    // What is written as it is must not go on into port or path.
    guard IPAddress(v6: address) != nil else { throw .malformed(.invalidIPv6Address) }
    try append("[", .asIs, &space, &count)
    try append(address, .address, &space, &count)
    try append("]", .asIs, &space, &count)
  }

  /// Path and query.
  private static func appendResource(
    _ request: Message, _ space: inout MutableSpan<UInt8>, _ count: inout Int
  ) throws(URICompositionError) {
    var options = request.options
    var hasPath = false
    var hasQuery = false
    while let option = options.nextCompact() {
      if option.number == .uriPath {
        try append("/", .asIs, &space, &count)
        try append(option.value, .segment, &space, &count)
        hasPath = true
      } else if option.number == .uriQuery {
        if !hasPath { try append("/", .asIs, &space, &count) }
        hasPath = true
        try append(hasQuery ? "&" : "?", .asIs, &space, &count)
        try append(option.value, .argument, &space, &count)
        hasQuery = true
      }
    }
    if !hasPath { try append("/", .asIs, &space, &count) }
  }

  /// How a part of a URI is written.
  private enum Part: UInt8 {
    case asIs
    /// In lower case.
    case address
    /// In lower case, percent-encoded.
    case name
    case segment
    case argument

    /// Whether this byte stands for itself.
    func keeps(_ byte: UInt8) -> Bool {
      switch self {
      case .asIs, .address: true
      case .name: byte.isNameCharacter
      case .segment: byte.isSegmentCharacter
      case .argument: (byte.isSegmentCharacter || byte.isQueryExtra) && byte != 0x26
      }
    }
  }

  private static func append(
    _ text: StaticString, _ part: Part, _ space: inout MutableSpan<UInt8>, _ count: inout Int
  ) throws(URICompositionError) {
    try append(text.bytes, part, &space, &count)
  }

  @inline(never)
  private static func append(
    _ text: Span<UInt8>, _ part: Part, _ space: inout MutableSpan<UInt8>, _ count: inout Int
  ) throws(URICompositionError) {
    for index in text.indices {
      var byte = text[index]
      if part == .address || part == .name { byte = byte.lowercased }
      let isKept = part.keeps(byte)
      guard space.count - count >= (isKept ? 1 : 3) else { throw .doesNotFit }
      if isKept {
        space[count] = byte
        count += 1
      } else {
        space[count] = percentSign
        space[count + 1] = (byte >> 4).upperHexDigit
        space[count + 2] = (byte & 0x0f).upperHexDigit
        count += 3
      }
    }
  }
}

extension UInt8 {
  /// The digit of a number below 16.
  fileprivate var upperHexDigit: UInt8 { self < 10 ? 0x30 + self : 0x41 - 10 + self }
}
