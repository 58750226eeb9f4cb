import DeviceCore
import Port

/// A stream with or without a WebSocket on it: what a device serves that listens for both.
public enum UpgradableStream<Base: ByteStream, B: Board, Digest: WebSocketDigest>: ByteStream {
  /// As it came.
  case plain(Base)
  /// In the frames of a WebSocket.
  case upgraded(WebSocketStream<Base, B, Digest>)

  public mutating func open() -> OpenResult {
    switch self {
    case .plain(var stream): stream.open()
    case .upgraded(var stream): stream.open()
    }
  }

  public mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    switch self {
    case .plain(var stream): stream.read(into: &space)
    case .upgraded(var stream): stream.read(into: &space)
    }
  }

  public mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    switch self {
    case .plain(var stream): stream.write(bytes)
    case .upgraded(var stream): stream.write(bytes)
    }
  }

  public mutating func finishWriting() {
    switch self {
    case .plain(var stream): stream.finishWriting()
    case .upgraded(var stream): stream.finishWriting()
    }
  }

  public mutating func close() {
    switch self {
    case .plain(var stream): stream.close()
    case .upgraded(var stream): stream.close()
    }
  }

  public var isSecured: Bool {
    switch self {
    case .plain(let stream): stream.isSecured
    case .upgraded(let stream): stream.isSecured
    }
  }

  public var hasUnreadInput: Bool {
    switch self {
    case .plain(let stream): stream.hasUnreadInput
    case .upgraded(let stream): stream.hasUnreadInput
    }
  }

  public mutating func setWaker(_ waker: Waker) -> Bool {
    switch self {
    case .plain(var stream): stream.setWaker(waker)
    case .upgraded(var stream): stream.setWaker(waker)
    }
  }

  public var failure: TLSFailure? {
    switch self {
    case .plain(let stream): stream.failure
    case .upgraded(let stream): stream.failure
    }
  }

  public var violation: StaticString? {
    switch self {
    case .plain(let stream): stream.violation
    case .upgraded(let stream): stream.violation
    }
  }
}

/// Accepts connections, with or without a WebSocket on each.
public enum UpgradableListener<Base: Listener, B: Board, Digest: WebSocketDigest>: Listener {
  /// Connections stay as they come.
  case plain(Base)
  /// Each has to become a WebSocket.
  case upgrading(WebSocketListener<Base, B, Digest>)

  public mutating func accept() -> UpgradableStream<Base.Stream, B, Digest>? {
    switch self {
    case .plain(var listener):
      defer { self = .plain(listener) }
      return listener.accept().map { .plain($0) }
    case .upgrading(var listener):
      defer { self = .upgrading(listener) }
      return listener.accept().map { .upgraded($0) }
    }
  }
}
