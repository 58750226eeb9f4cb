import DeviceCore
import Port

/// A stream that shows every message on it, one line each: `<- [label] ...` for what the peer sent,
/// `-> [label] ...` for what it was sent.
///
/// Bytes pass through unchanged. When a direction stops making sense that is said once, and its messages
/// are not shown any more.
public struct TracingStream<Base: ByteStream>: ByteStream {
  private var base: Base
  private let incoming: MessageTracer
  private let outgoing: MessageTracer

  /// - Parameters:
  ///   - label: names the connection; may be empty.
  ///   - sink: is given each line, without its end.
  public init(_ base: Base, label: String, sink: @escaping (String) -> Void) {
    self.base = base
    let suffix = label.isEmpty ? "" : " [\(label)]"
    incoming = MessageTracer(prefix: "<-\(suffix)", sink: sink)
    outgoing = MessageTracer(prefix: "->\(suffix)", sink: sink)
  }

  public mutating func open() -> OpenResult { base.open() }

  public mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    let result = base.read(into: &space)
    switch result {
    case .bytes(let count): incoming.feed(space.span.extracting(first: count))
    case .nothingYet: break
    case .end: incoming.end("end of stream")
    case .failed: incoming.end("connection broken")
    }
    return result
  }

  public mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    let result = base.write(bytes)
    if case .bytes(let count) = result { outgoing.feed(bytes.extracting(first: count)) }
    return result
  }

  public mutating func finishWriting() {
    base.finishWriting()
    outgoing.end("end of stream")
  }

  public mutating func close() {
    base.close()
    incoming.end(nil)
    outgoing.end(nil)
  }

  public var isSecured: Bool { base.isSecured }
  public var hasUnreadInput: Bool { base.hasUnreadInput }
  public mutating func setWaker(_ waker: Waker) -> Bool { base.setWaker(waker) }
  public var failure: TLSFailure? { base.failure }
  public var violation: StaticString? { base.violation }
}

/// One direction of a traced stream: collects bytes until a message is whole.
///
/// A class, because copies of a stream mean the same stream.
private final class MessageTracer {
  private let prefix: String
  private let sink: (String) -> Void
  private var pending: [UInt8] = []
  /// Bytes of a message that is too long to be shown whole.
  private var skipped: UInt32 = 0
  private var isOver = false

  /// Longer messages are shown by their header alone.
  private static let largestShown: UInt32 = 1 << 21
  /// What the encoding can express: a trace shows what was sent, whatever was announced.
  private static let longestToken = 65804

  init(prefix: String, sink: @escaping (String) -> Void) {
    self.prefix = prefix
    self.sink = sink
  }

  func feed(_ bytes: Span<UInt8>) {
    guard !isOver else { return }
    var start = 0
    if skipped > 0 {
      start = Int(min(skipped, UInt32(clamping: bytes.count)))
      skipped -= UInt32(start)
    }
    pending.append(contentsOf: array(bytes.extracting(droppingFirst: start)))
    showMessages()
  }

  /// Nothing more will come.
  func end(_ reason: String?) {
    guard !isOver else { return }
    isOver = true
    if !pending.isEmpty {
      let bytes = valueText(pending.span)
      sink("\(prefix) \(byteCount(pending.count)) of an unfinished message: \(bytes)")
    }
    if let reason { sink("\(prefix) \(reason)") }
    pending = []
  }

  private func showMessages() {
    var start = 0
    do throws(FormatError) {
      while let length = try showMessage(pending.span.extracting(droppingFirst: start)) {
        start += length
      }
      pending.removeFirst(start)
    } catch {
      let bytes = pending.dropFirst(start).prefix(32).map { hexText($0) }.joined()
      let what = "\(error.fault.text) at byte \(error.offset) of \(bytes)"
      sink("\(prefix) no message: \(what); nothing more is shown of this direction")
      isOver = true
      pending = []
    }
  }

  /// - Returns: the bytes that the message at the front takes, or nil when more are needed.
  private func showMessage(_ bytes: Span<UInt8>) throws(FormatError) -> Int? {
    guard bytes.count > 0,
      case .complete(let header) = try FrameHeader.parse(
        bytes, maximumTokenByteCount: MessageTracer.longestToken)
    else { return nil }
    let size = header.messageByteCount
    if size > MessageTracer.largestShown {
      sink("\(prefix) \(header.code.text), a message of \(size) bytes")
      let present = min(size, UInt32(clamping: bytes.count))
      skipped = size - present
      return Int(present)
    }
    guard bytes.count >= Int(size) else { return nil }
    let message = try Message(bytes.extracting(first: Int(size)), header: header)
    sink("\(prefix) \(describe(message))")
    return message.byteCount
  }
}
