import DeviceCore

/// What a read led to.
public enum ReadResult: Equatable, Sendable {
  /// So many bytes, at least one, are at the start of the space.
  case bytes(Int)
  /// None now; ask again after the next ``Board/wait(until:)``.
  case nothingYet
  /// The peer has closed its side; nothing will come any more.
  case end
  /// The stream is broken.
  case failed
}

/// What a write led to.
public enum WriteResult: Equatable, Sendable {
  /// So many bytes, from the first one on, were taken; possibly fewer than offered.
  case bytes(Int)
  /// None now; ask again after the next ``Board/wait(until:)``.
  case nothingYet
  /// The stream is broken.
  case failed
}

/// What an attempt to open a stream led to.
public enum OpenResult: Equatable, Sendable {
  /// Bytes can pass.
  case open
  /// There is more to compute; ask again at once, after the other streams had their turn.
  case busy
  /// It waits for the peer; ask again after the next ``Board/wait(until:)``.
  case nothingYet
  /// It has failed, and the peer is being told why. Ask again as with `nothingYet`, for a short while.
  case failing
  /// It has failed; close it.
  case failed
}

/// One end of a reliable byte stream: a TCP connection, or TLS over one.
///
/// A value is a handle: copies mean the same stream. No function blocks. First ``open()`` is called until it
/// says so. After `end`, `failed` or `close` the same answer comes again.
public protocol ByteStream {
  /// Does what is to be done before bytes can pass: the handshake of TLS. Streams that are open from the
  /// beginning have nothing to do here.
  mutating func open() -> OpenResult

  /// Reads into `space`, which is never empty. The bytes belong to the caller.
  mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult

  /// Offers `bytes`, which are never empty. What was not taken is offered again, from there on.
  mutating func write(_ bytes: Span<UInt8>) -> WriteResult

  /// Closes the writing side when all that was taken has been sent; reading goes on (half-close).
  mutating func finishWriting()

  /// Gives the stream back. It is not used any more.
  mutating func close()

  /// Whether the peer is authenticated and what is sent is secret. True for TLS; tokens then count
  /// from 0 (RFC 9175 section 4.2).
  var isSecured: Bool { get }

  /// Whether another read would tell something at once, although the last one did not fill its space: an
  /// end of stream that is known, or a record that TLS has decrypted. False unless the stream says so.
  var hasUnreadInput: Bool { get }

  /// Hands over whom to wake from now on whenever, after `nothingYet` or a write that took less than was offered, there
  /// may be more to do, so that a driver of very many streams can leave this one alone.
  ///
  /// - Returns: whether that is done. Where it is not, which is the default, the driver asks the stream after each
  ///   ``Board/wait(until:)``.
  mutating func setWaker(_ waker: Waker) -> Bool

  /// Why TLS or a WebSocket gave up, or what is to be said of a WebSocket that is given up in its opening handshake;
  /// nil when there is nothing to say.
  var failure: TLSFailure? { get }

  /// What the peer did against the rules of a stream that is made of messages, in words for an Abort; nil for
  /// nothing. When it is there, `read` says `nothingYet` once all that came before was read. The connection is
  /// aborted then, and the stream is told to finish writing as always.
  var violation: StaticString? { get }
}

extension ByteStream {
  public mutating func open() -> OpenResult { .open }
  public var failure: TLSFailure? { nil }
  public var violation: StaticString? { nil }
  public var isSecured: Bool { false }
  public var hasUnreadInput: Bool { false }
  public mutating func setWaker(_ waker: Waker) -> Bool { false }
}

/// Where connections come in.
public protocol Listener {
  associatedtype Stream: ByteStream

  /// The next connection that a peer has opened, or nil when there is none now. Does not block.
  mutating func accept() -> Stream?
}

/// What else varies by machine: time, waiting, randomness.
public protocol Board {
  /// A monotonic clock.
  var now: Instant { get }

  /// Seconds since the beginning of 1970 UTC, or nil when the date is not known. Certificates have dates;
  /// nothing else asks.
  var unixTime: UInt32? { get }

  /// Sleeps until `deadline` (nil: for ever), or until a stream or a listener may have something to do.
  /// May return early for any reason.
  mutating func wait(until deadline: Instant?)

  /// Fills `bytes` with random bits that nobody can guess.
  ///
  /// - Returns: false when there are none; then nothing that needs them is done.
  mutating func fillRandom(_ bytes: inout MutableSpan<UInt8>) -> Bool
}

extension Board {
  public var unixTime: UInt32? { nil }

  /// 32 random bits, or nil when there are none.
  public mutating func random() -> UInt32? {
    var bytes = InlineArray<4, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    guard fillRandom(&span) else { return nil }
    var number: UInt32 = 0
    for index in 0..<4 { number = number << 8 | UInt32(bytes[index]) }
    return number
  }
}
