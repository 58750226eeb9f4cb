import DeviceCore
import Port

/// Hands out the files of a dashboard to browsers, and lets WebSockets through; without files, everything.
///
/// Browsers that fetch files take none of the device's connections.
struct PageListener<Base: Listener, B: Board>: Listener {
  private var base: Base
  private let files: PageFiles?
  private let board: B
  private let note: PageNote
  private var visitors: [PageVisitor<Base.Stream>] = []

  /// More than a browser opens at once; when more come, the oldest has to go.
  private static var mostVisitors: Int { 32 }

  init(_ base: Base, files: PageFiles?, board: B, note: PageNote) {
    self.base = base
    self.files = files
    self.board = board
    self.note = note
  }

  mutating func accept() -> PageStream<Base.Stream>? {
    guard let files else { return base.accept().map { PageStream($0, received: []) } }
    while let stream = base.accept() {
      visitors.append(PageVisitor(stream, deadline: board.now + .seconds(10)))
      if visitors.count > Self.mostVisitors { drop(0) }
    }
    var index = 0
    while index < visitors.count {
      switch visitors[index].advance(files) {
      case .waiting where !visitors[index].deadline.isReached(at: board.now): index += 1
      case .waiting, .over: drop(index)
      case .other(let received):
        note.isPage = true
        return PageStream(visitors.remove(at: index).stream, received: received)
      }
    }
    return nil
  }

  private mutating func drop(_ index: Int) {
    var stream = visitors.remove(at: index).stream
    stream.close()
  }
}

/// Whether the connection that was accepted last came to a listener with a dashboard.
final class PageNote {
  var isPage = false

  /// Asks once.
  func take() -> Bool {
    defer { isPage = false }
    return isPage
  }
}

/// A stream of which some bytes have been read already.
struct PageStream<Base: ByteStream>: ByteStream {
  private var base: Base
  private let early: Early

  /// Copies of the stream are the same stream.
  private final class Early {
    var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }
  }

  init(_ base: Base, received: [UInt8]) {
    self.base = base
    early = Early(received)
  }

  mutating func open() -> OpenResult { base.open() }

  mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    guard !early.bytes.isEmpty else { return base.read(into: &space) }
    let count = min(space.count, early.bytes.count)
    for index in 0..<count { space[index] = early.bytes[early.bytes.startIndex + index] }
    early.bytes = early.bytes.dropFirst(count)
    return .bytes(count)
  }

  mutating func write(_ bytes: Span<UInt8>) -> WriteResult { base.write(bytes) }
  mutating func finishWriting() { base.finishWriting() }
  mutating func close() { base.close() }
  var isSecured: Bool { base.isSecured }
  var hasUnreadInput: Bool { !early.bytes.isEmpty || base.hasUnreadInput }
  mutating func setWaker(_ waker: Waker) -> Bool { base.setWaker(waker) }
  var failure: TLSFailure? { base.failure }
  var violation: StaticString? { base.violation }
}
