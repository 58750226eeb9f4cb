/// The texts of the opening handshake, written into memory of the caller.
public struct WebSocketHandshakeText {
  /// Bytes that were written.
  public private(set) var count = 0
  private var isTooLong = false

  /// Writes a client's request (RFC 6455 section 4.1, RFC 8323 section 4.1): no extension, the subprotocol `coap`.
  ///
  /// - Parameters:
  ///   - host: the server's name or its address as in a URI, with the port where that is not the scheme's own.
  ///   - nonce: 16 random bytes that were not used before.
  /// - Returns: what reads the answer.
  /// - Throws: ``WebSocketFault/hostMissing`` when `host` is empty or cannot stand in a header,
  ///   ``WebSocketFault/headerTooLarge`` when there is too little room,
  ///   ``WebSocketFault/lacksCryptography``.
  public mutating func writeRequest<Digest: WebSocketDigest>(
    host: Span<UInt8>, nonce: InlineArray<16, UInt8>, digest: Digest.Type,
    to space: inout MutableSpan<UInt8>
  ) throws(WebSocketFault) -> WebSocketResponse {
    guard host.count > 0 else { throw .hostMissing }
    for index in host.indices where host[index] <= 0x20 || host[index] >= 0x7f { throw .hostMissing }
    let key = WebSocketKey(nonce)
    guard let response = WebSocketResponse(to: key, digest) else { throw .lacksCryptography }
    append("GET /.well-known/coap HTTP/1.1\r\nHost: ", to: &space)
    append(host, to: &space)
    append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ", to: &space)
    append(key.text.span, to: &space)
    append("\r\nSec-WebSocket-Protocol: coap\r\nSec-WebSocket-Version: 13\r\n\r\n", to: &space)
    guard !isTooLong else { throw .headerTooLarge }
    return response
  }

  /// Writes a server's answer to a request that has come in whole.
  ///
  /// - Throws: why the client is to be refused; call ``writeRefusal(_:to:)`` with that.
  public mutating func writeResponse<Digest: WebSocketDigest>(
    to request: WebSocketRequest, digest: Digest.Type, to space: inout MutableSpan<UInt8>
  ) throws(WebSocketFault) {
    let key = try request.check()
    guard let answer = key.answer(digest) else { throw .lacksCryptography }
    append(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        as StaticString, to: &space)
    append("Sec-WebSocket-Accept: ", to: &space)
    append(answer.span, to: &space)
    append("\r\nSec-WebSocket-Protocol: coap\r\n\r\n", to: &space)
    guard !isTooLong else { throw .headerTooLarge }
  }

  /// Writes why a server refuses a request: a status, and a line of text. There is room for it in 256 bytes.
  public mutating func writeRefusal(_ fault: WebSocketFault, to space: inout MutableSpan<UInt8>) {
    append("HTTP/1.1 ", to: &space)
    append(fault.statusLine, to: &space)
    append("\r\n", to: &space)
    append(fault.statusHeader, to: &space)
    append("Connection: close\r\nContent-Type: text/plain\r\nContent-Length: ", to: &space)
    append(DecimalDigits(UInt32(fault.text.utf8CodeUnitCount + 1)).bytes, to: &space)
    append("\r\n\r\n", to: &space)
    append(fault.text, to: &space)
    append("\n", to: &space)
  }

  /// A text of which nothing is written.
  public init() {}

  private mutating func append(_ text: StaticString, to space: inout MutableSpan<UInt8>) {
    append(text.bytes, to: &space)
  }

  private mutating func append(_ bytes: Span<UInt8>, to space: inout MutableSpan<UInt8>) {
    guard bytes.count <= space.count - count else {
      isTooLong = true
      return
    }
    for index in bytes.indices {
      space[count] = bytes[index]
      count += 1
    }
  }
}

extension WebSocketFault {
  /// The status with which a server refuses, and what it is called.
  fileprivate var statusLine: StaticString {
    switch self {
    case .methodNotGet: "405 Method Not Allowed"
    case .pathUnknown: "404 Not Found"
    case .versionUnknown: "426 Upgrade Required"
    case .originForeign: "403 Forbidden"
    case .headerTooLarge: "431 Request Header Fields Too Large"
    case .lacksCryptography: "503 Service Unavailable"
    default: "400 Bad Request"
    }
  }

  fileprivate var statusHeader: StaticString {
    switch self {
    case .methodNotGet: "Allow: GET\r\n"
    case .versionUnknown: "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    default: ""
    }
  }
}
