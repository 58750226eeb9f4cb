/// A client's opening handshake as a server reads it (RFC 6455 section 4.2.1, RFC 8323 section 4.1).
public struct WebSocketRequest {
  private var lines = HTTPLines()
  private var hasStart = false
  private var startFault: WebSocketFault?
  private var headerFault: WebSocketFault?
  private var seen = Seen()
  private var key: WebSocketKey?

  private struct Seen {
    var host = false
    var upgrade = false
    var connection = false
    var key = false
    var version = false
    var isVersion13 = false
    var subprotocol = false
    var isOriginForeign = false
  }

  /// Nothing of it has come.
  public init() {}

  /// Whether it is at its end: answer it.
  public var isComplete: Bool { lines.isComplete }

  /// How many bytes have to come at least. Read no more, for what is behind the request are frames.
  public var leastMissing: Int { lines.leastMissing }

  /// Reads on.
  ///
  /// - Parameters:
  ///   - line: for one line, the same memory in each call; longer lines that matter are refused.
  ///   - origins: of the pages that may connect.
  /// - Throws: what cannot be waited for: ``WebSocketFault/requestMalformed``,
  ///   ``WebSocketFault/headerTooLarge``.
  public mutating func receive(
    _ bytes: Span<UInt8>, line: inout MutableSpan<UInt8>, origins: WebSocketOrigins
  ) throws(WebSocketFault) {
    for index in bytes.indices {
      if lines.isLine(before: bytes[index]) {
        try read(line.span.extracting(first: lines.count), origins: origins)
        lines.startLine()
      }
      do throws(HTTPLineError) {
        try lines.take(bytes[index], line: &line)
      } catch {
        throw error == .tooLarge ? .headerTooLarge : .requestMalformed
      }
    }
  }

  /// The key to answer.
  ///
  /// - Throws: why the client is refused.
  func check() throws(WebSocketFault) -> WebSocketKey {
    if let startFault { throw startFault }
    if let headerFault { throw headerFault }
    guard seen.host else { throw .hostMissing }
    guard seen.upgrade && seen.connection else { throw .upgradeMissing }
    guard seen.isVersion13 else { throw .versionUnknown }
    guard let key else { throw .keyInvalid }
    guard seen.subprotocol else { throw .subprotocolMissing }
    guard !seen.isOriginForeign else { throw .originForeign }
    return key
  }

  // MARK: Inside

  private mutating func read(_ line: Span<UInt8>, origins: WebSocketOrigins) throws(WebSocketFault) {
    guard hasStart else {
      hasStart = true
      guard !lines.isCut else { throw .headerTooLarge }
      return try readStart(line)
    }
    guard let field = HTTPField(line) else { throw lines.isCut ? .headerTooLarge : .requestMalformed }
    let isKnown = readField(field, origins: origins)
    // What was cut from others would not have been looked at.
    if isKnown && lines.isCut { throw .headerTooLarge }
  }

  private mutating func readStart(_ line: Span<UInt8>) throws(WebSocketFault) {
    var first = 0
    while first < line.count && line[first] != 0x20 { first += 1 }
    var last = line.count
    while last > first && line[last - 1] != 0x20 { last -= 1 }
    guard first > 0, last > first + 1 else { throw .requestMalformed }
    let version = line.extracting(last..<line.count)
    guard version.isEqual(to: "HTTP/1.1") else { throw .requestMalformed }
    guard line.extracting(first: first).isEqual(to: "GET") else {
      startFault = .methodNotGet
      return
    }
    let target = line.extracting(first + 1..<last - 1)
    if !WebSocketRequest.path(of: target).isEqual(to: "/.well-known/coap") { startFault = .pathUnknown }
  }

  /// The path of a target, which may be a whole URI (RFC 9112 section 3.2.2).
  @_lifetime(copy target)
  private static func path(of target: Span<UInt8>) -> Span<UInt8> {
    for scheme in 0..<2 {
      let prefix: StaticString = scheme == 0 ? "http://" : "https://"
      var start = prefix.utf8CodeUnitCount
      guard target.count > start,
        target.extracting(first: start).isEqualIgnoringCase(to: prefix)
      else { continue }
      while start < target.count && target[start] != 0x2f { start += 1 }
      return target.extracting(droppingFirst: start)
    }
    return target
  }

  /// - Returns: whether it matters.
  private mutating func readField(_ field: borrowing HTTPField, origins: WebSocketOrigins) -> Bool {
    if field.isNamed("Host") {
      if seen.host { headerFault = .requestMalformed }
      seen.host = true
    } else if field.isNamed("Upgrade") {
      if field.lists("websocket") { seen.upgrade = true }
    } else if field.isNamed("Connection") {
      if field.lists("upgrade") { seen.connection = true }
    } else if field.isNamed("Sec-WebSocket-Key") {
      key = seen.key ? nil : WebSocketKey(field.value)
      seen.key = true
    } else if field.isNamed("Sec-WebSocket-Version") {
      seen.isVersion13 = field.value.isEqual(to: "13") && (!seen.version || seen.isVersion13)
      seen.version = true
    } else if field.isNamed("Sec-WebSocket-Protocol") {
      if field.lists("coap") { seen.subprotocol = true }
    } else if field.isNamed("Origin") {
      if !origins.contain(field.value) { seen.isOriginForeign = true }
    } else {
      return false
    }
    return true
  }
}
