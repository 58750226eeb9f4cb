/// Why a WebSocket could not be had, or was given up: what the peer did wrong.
public enum WebSocketFault: Error, Equatable, Sendable {
  // Frames (RFC 6455 section 5).

  /// A client's frame without a mask.
  case unmaskedFrame
  /// A server's frame with a mask.
  case maskedFrame
  /// A reserved bit, and no extension was agreed on.
  case reservedBits
  /// An opcode that means nothing.
  case reservedOpcode
  /// A length in a longer form than it needs.
  case lengthNotMinimal
  /// A length of 2^63 bytes or more.
  case lengthImpossible
  /// A control frame of more than 125 bytes.
  case controlTooLong
  /// A control frame in fragments.
  case controlFragmented
  /// A Close frame whose code is cut, or must not be sent.
  case closeInvalid
  /// A new message while another one is not at its end.
  case messageInterleaved
  /// A continuation of nothing.
  case continuationStray
  /// A text message: CoAP is binary (RFC 8323 section 4.2).
  case textMessage
  /// A message in fragments of which most are empty.
  case emptyFragments

  // CoAP messages in frames (RFC 8323 section 4.2).

  /// A message larger than this end takes.
  case messageTooLarge
  /// Len is not 0.
  case lengthNotZero
  /// The message is over before its token is.
  case messageTruncated

  // The opening handshake (RFC 6455 section 4), seen by a server.

  /// No HTTP/1.1 request.
  case requestMalformed
  /// Another method than GET.
  case methodNotGet
  /// Another path than `/.well-known/coap`.
  case pathUnknown
  /// A request without Host.
  case hostMissing
  /// No wish to upgrade to `websocket`.
  case upgradeMissing
  /// Sec-WebSocket-Key is missing, or is not 16 bytes in Base64.
  case keyInvalid
  /// Another Sec-WebSocket-Version than 13.
  case versionUnknown
  /// `coap` is not among the subprotocols that the client offers.
  case subprotocolMissing
  /// A page of an origin that is not on the list.
  case originForeign
  /// More, or longer, header lines than there is memory for.
  case headerTooLarge

  // The opening handshake, seen by a client.

  /// No HTTP response.
  case responseMalformed
  /// The server answers with this status instead of 101.
  case refused(status: UInt16)
  /// A 101 without the headers that upgrade to `websocket`.
  case notUpgraded
  /// Sec-WebSocket-Accept is not the answer to our key.
  case acceptWrong
  /// An extension that was not offered.
  case extensionUnasked
  /// The server does not choose the subprotocol `coap`.
  case subprotocolNotChosen

  // Either end.

  /// The peer closed before the handshake was over.
  case closedInHandshake
  /// The handshake is not over, and nobody waits any longer.
  case handshakeUnfinished
  /// The transport broke in the handshake.
  case transportFailed
  /// No random bits for a key or a mask, or no SHA-1.
  case lacksCryptography

  /// A sentence for a person.
  public var text: StaticString {
    switch self {
    case .unmaskedFrame: "frame of a client without a mask"
    case .maskedFrame: "frame of a server with a mask"
    case .reservedBits: "reserved bits in a frame"
    case .reservedOpcode: "reserved opcode in a frame"
    case .lengthNotMinimal: "frame length not in its shortest form"
    case .lengthImpossible: "frame length of 2^63 or more"
    case .controlTooLong: "control frame of more than 125 bytes"
    case .controlFragmented: "control frame in fragments"
    case .closeInvalid: "Close frame with an invalid code"
    case .messageInterleaved: "new message within a fragmented one"
    case .continuationStray: "continuation without a message"
    case .textMessage: "text message"
    case .emptyFragments: "too many empty fragments"
    case .messageTooLarge: "message larger than announced"
    case .lengthNotZero: "Len is not 0 in a WebSocket message"
    case .messageTruncated: "WebSocket message ends within the CoAP header"
    case .requestMalformed: "not an HTTP/1.1 request"
    case .methodNotGet: "the method must be GET"
    case .pathUnknown: "only /.well-known/coap is here"
    case .hostMissing: "Host is missing"
    case .upgradeMissing: "Upgrade: websocket and Connection: Upgrade are needed"
    case .keyInvalid: "Sec-WebSocket-Key must be 16 bytes in Base64"
    case .versionUnknown: "Sec-WebSocket-Version must be 13"
    case .subprotocolMissing: "the subprotocol coap must be offered"
    case .originForeign: "pages of this origin are not allowed"
    case .headerTooLarge: "header too large"
    case .responseMalformed: "not an HTTP response"
    case .refused: "the server refuses the WebSocket with status"
    case .notUpgraded: "the server does not upgrade to websocket"
    case .acceptWrong: "Sec-WebSocket-Accept does not fit the key"
    case .extensionUnasked: "the server uses an extension that was not offered"
    case .subprotocolNotChosen: "the server does not choose the subprotocol coap"
    case .closedInHandshake: "closed before the WebSocket handshake was over"
    case .handshakeUnfinished: "the WebSocket handshake was not over in time"
    case .transportFailed: "the transport broke"
    case .lacksCryptography: "no random bits or no SHA-1"
    }
  }

  /// What the Close frame says (RFC 6455 section 7.4.1).
  public var closeCode: WebSocketCloseCode {
    switch self {
    case .textMessage: .unsupportedData
    case .messageTooLarge: .messageTooBig
    case .emptyFragments: .policyViolation
    default: .protocolError
    }
  }

  /// Whether it is CoAP that was violated: then the peer is told by an Abort before the Close frame.
  public var isAboutCoAP: Bool {
    switch self {
    case .messageTooLarge, .lengthNotZero, .messageTruncated: true
    default: false
    }
  }
}
