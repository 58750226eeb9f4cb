import DeviceCore
import Port

/// A stream with or without TLS: what a device serves that listens for both.
public enum SecurableStream<Base: ByteStream>: ByteStream {
  /// As it came.
  case plain(Base)
  /// Inside TLS.
  case secured(TLSStream<Base>)

  public mutating func open() -> OpenResult {
    switch self {
    case .plain(var stream): stream.open()
    case .secured(var stream): stream.open()
    }
  }

  public mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    switch self {
    case .plain(var stream): stream.read(into: &space)
    case .secured(var stream): stream.read(into: &space)
    }
  }

  public mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    switch self {
    case .plain(var stream): stream.write(bytes)
    case .secured(var stream): stream.write(bytes)
    }
  }

  public mutating func finishWriting() {
    switch self {
    case .plain(var stream): stream.finishWriting()
    case .secured(var stream): stream.finishWriting()
    }
  }

  public mutating func close() {
    switch self {
    case .plain(var stream): stream.close()
    case .secured(var stream): stream.close()
    }
  }

  public var isSecured: Bool {
    switch self {
    case .plain(let stream): stream.isSecured
    case .secured(let stream): stream.isSecured
    }
  }

  public var hasUnreadInput: Bool {
    switch self {
    case .plain(let stream): stream.hasUnreadInput
    case .secured(let stream): stream.hasUnreadInput
    }
  }

  public mutating func setWaker(_ waker: Waker) -> Bool {
    switch self {
    case .plain(var stream): stream.setWaker(waker)
    case .secured(var stream): stream.setWaker(waker)
    }
  }

  public var failure: TLSFailure? {
    switch self {
    case .plain(let stream): stream.failure
    case .secured(let stream): stream.failure
    }
  }
}

/// Accepts connections, and begins a handshake on each if it has a context.
public struct SecurableListener<Base: Listener, B: Board>: Listener {
  private var base: Base
  private var tls: Security?

  private struct Security {
    let context: TLSContext
    let sessions: TLSSessionPool
    let requiresApplicationProtocol: Bool
    var board: B
  }

  /// Connections stay as they come.
  public init(plain base: Base) {
    self.base = base
    tls = nil
  }

  /// Connections are secured by TLS.
  ///
  /// - Parameters:
  ///   - sessions: when all are taken, further peers wait in the transport's queue.
  ///   - requiresApplicationProtocol: whether clients have to offer `coap` by ALPN; they have to on every
  ///     port but 5684 (RFC 8323 section 8.2).
  public init(
    securing base: Base, context: TLSContext, sessions: TLSSessionPool, board: B,
    requiresApplicationProtocol: Bool
  ) {
    self.base = base
    tls = Security(
      context: context, sessions: sessions,
      requiresApplicationProtocol: requiresApplicationProtocol, board: board)
  }

  public mutating func accept() -> SecurableStream<Base.Stream>? {
    guard let tls else { return base.accept().map { .plain($0) } }
    guard tls.sessions.hasFree, let stream = base.accept() else { return nil }
    tls.context.refresh(from: &self.tls!.board)
    return TLSStream(
      accepting: stream, context: tls.context, sessions: tls.sessions,
      requiresApplicationProtocol: tls.requiresApplicationProtocol
    ).map { .secured($0) }
  }
}
