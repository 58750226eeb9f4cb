/// A server's answer to the opening handshake as a client reads it (RFC 6455 section 4.1).
public struct WebSocketResponse {
  private var lines = HTTPLines()
  private var expected: InlineArray<28, UInt8>
  private var hasStart = false
  private var isUpgraded = false
  private var isConnectionUpgraded = false
  private var isAccepted: Bool?
  private var isChosen: Bool?
  private var hasExtension = false

  /// Nothing of it has come.
  ///
  /// - Returns: nil when the port has no SHA-1.
  init?<Digest: WebSocketDigest>(to key: WebSocketKey, _ digest: Digest.Type) {
    guard let answer = key.answer(digest) else { return nil }
    expected = answer
  }

  /// How many bytes have to come at least. Read no more, for what is behind the response are frames.
  public var leastMissing: Int { lines.leastMissing }

  /// Reads on.
  ///
  /// - Parameter line: for one line, the same memory in each call; longer lines that matter are refused.
  /// - Returns: whether it is at its end, and all is in order.
  /// - Throws: why there is no WebSocket with this server.
  public mutating func receive(
    _ bytes: Span<UInt8>, line: inout MutableSpan<UInt8>
  ) throws(WebSocketFault) -> Bool {
    for index in bytes.indices {
      if lines.isLine(before: bytes[index]) {
        try read(line.span.extracting(first: lines.count))
        lines.startLine()
      }
      do throws(HTTPLineError) {
        try lines.take(bytes[index], line: &line)
      } catch {
        throw error == .tooLarge ? .headerTooLarge : .responseMalformed
      }
    }
    guard lines.isComplete else { return false }
    guard isUpgraded && isConnectionUpgraded else { throw .notUpgraded }
    guard isAccepted == true else { throw .acceptWrong }
    guard !hasExtension else { throw .extensionUnasked }
    guard isChosen == true else { throw .subprotocolNotChosen }
    return true
  }

  // MARK: Inside

  private mutating func read(_ line: Span<UInt8>) throws(WebSocketFault) {
    guard hasStart else {
      hasStart = true
      return try readStatus(line)
    }
    guard let field = HTTPField(line) else { throw lines.isCut ? .headerTooLarge : .responseMalformed }
    if readField(field) && lines.isCut { throw .headerTooLarge }
  }

  private func readStatus(_ line: Span<UInt8>) throws(WebSocketFault) {
    guard line.count >= 12, line.extracting(first: 7).isEqual(to: "HTTP/1."), line[8] == 0x20,
      line.count == 12 || line[12] == 0x20
    else { throw .responseMalformed }
    var status: UInt16 = 0
    for index in 9..<12 {
      guard line[index] >= 0x30 && line[index] <= 0x39 else { throw .responseMalformed }
      status = status * 10 + UInt16(line[index] - 0x30)
    }
    guard status == 101 else { throw .refused(status: status) }
  }

  /// - Returns: whether it matters.
  private mutating func readField(_ field: borrowing HTTPField) -> Bool {
    if field.isNamed("Upgrade") {
      isUpgraded = field.value.isEqualIgnoringCase(to: "websocket")
    } else if field.isNamed("Connection") {
      if field.lists("upgrade") { isConnectionUpgraded = true }
    } else if field.isNamed("Sec-WebSocket-Accept") {
      isAccepted = isAccepted == nil && field.value.isEqual(to: expected.span)
    } else if field.isNamed("Sec-WebSocket-Protocol") {
      isChosen = isChosen == nil && field.value.isEqual(to: "coap")
    } else if field.isNamed("Sec-WebSocket-Extensions") {
      if field.value.count > 0 { hasExtension = true }
    } else {
      return false
    }
    return true
  }
}
