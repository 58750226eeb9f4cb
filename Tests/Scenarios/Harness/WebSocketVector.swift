/// One row of group W in `Tests/Vectors/vectors.json`: frames of the peer and what they must lead to.
struct WebSocketVector {
  /// Such as `V-W07`.
  var id: StaticString
  /// Which end we are.
  var isServer: Bool
  /// The Max-Message-Size we announced, in bytes.
  var maxMessageSize: UInt32
  /// Hexadecimal.
  var input: StaticString
  /// The frames in `input`, separated by " / ".
  var decodes: StaticString
  /// Whether we send a Close frame.
  var isClosed: Bool
  /// What that says.
  var closeCode: UInt16
  /// Whether an Abort comes before it.
  var isAborted: Bool
  /// Hexadecimal, masked with 37fa213d by a client; empty where the bytes are not determined.
  var out: StaticString
}

/// One text of a row of `Tests/Vectors/handshakes.json`, and what it must lead to.
struct HandshakeVector {
  /// Such as `H10`.
  var id: StaticString
  /// Which end we are.
  var isServer: Bool
  /// Whether there is a WebSocket afterwards.
  var isAccepted: Bool
  /// Of a server's answer.
  var status: UInt16
  /// Sec-WebSocket-Accept of a server's answer; empty where it is not given.
  var accept: StaticString
  /// What the peer sends. `{x*300}` is 300 times an x.
  var text: StaticString
  /// Hexadecimal: frames that come with it.
  var frames: StaticString
}
