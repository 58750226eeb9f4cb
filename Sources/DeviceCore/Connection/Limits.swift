/// What one connection allows and how long it waits. Times of zero mean "never".
public struct Limits: Sendable {
  /// The largest message that we take, announced as Max-Message-Size (RFC 8323 section 5.3.1).
  public var maximumMessageByteCount: UInt32 = 1152
  /// So many bytes more a message may have on the stream: 4 where that is made of WebSocket messages, which have
  /// no length in their header (RFC 8323 section 4.2). The receive buffer needs room for them.
  public var framingByteCount: UInt32 = 0
  /// The longest token that we take; above 8 it is announced as Extended-Token-Length (RFC 8974).
  public var maximumTokenByteCount: UInt32 = 8
  /// The largest response that a resource may write. A request is handed out only when so much room is
  /// free, so a small value lets several responses leave in one write. Zero: as much as the memory takes.
  public var largestResponseByteCount: UInt32 = 0
  /// A message above ``maximumMessageByteCount`` but not above this is skipped without buffering it; a
  /// request gets 4.13 with Size1. Zero: the connection is aborted instead.
  public var drainByteCount: UInt32 = 0

  /// How long the peer may take to send its CSM; then Abort (RFC 8323 section 3.3 demands the CSM).
  public var capabilitiesTimeout: Milliseconds = .seconds(30)
  /// Opt-in for peers that never send a CSM: after this long go on with base values.
  public var legacyPeerWait = Milliseconds(0)
  /// From the first byte of a message to its last; then Abort.
  public var messageTimeout: Milliseconds = .seconds(30)
  /// How long a request of ours waits for its response, unless it says otherwise.
  public var requestTimeout: Milliseconds = .seconds(60)
  /// How long a Ping of ours may stay without any byte from the peer; then the connection ends.
  public var pingTimeout: Milliseconds = .seconds(20)
  /// So long after the last byte from the peer a Ping is sent by itself. Where output leaves no room for one, it
  /// waits for ``pingTimeout``; then the connection ends.
  public var keepAliveInterval = Milliseconds(0)
  /// So long after the last byte from the peer the connection is released.
  public var idleTimeout = Milliseconds(0)
  /// How long the rest of a body may take that comes in blocks, or that is fetched in blocks, from one block to
  /// the next; then it is given up (RFC 7959 section 2.4).
  public var bodyTimeout: Milliseconds = .seconds(247)
  /// How long the peer may take to close after our Release (RFC 8323 section 5.5).
  public var releaseTimeout: Milliseconds = .seconds(5)
  /// How long pending output may stay without a byte taken by the transport.
  public var stallTimeout: Milliseconds = .seconds(60)
  /// How long we wait for the peer's end of stream after our last byte, so that it can read it.
  public var lingerTimeout: Milliseconds = .seconds(2)

  /// The defaults.
  public init() {}

  /// The largest message that is taken from the stream.
  @inline(__always)
  var largestByteCount: UInt32 { maximumMessageByteCount &+ framingByteCount }
}
