import Port
import Testing

/// What happens to the bytes of a ``FaultInjector``, and what did happen.
final class Faults {
  /// Reads and writes are cut into pieces of at most so many bytes.
  var longestRead = Int.max
  var longestWrite = Int.max
  /// Nothing is taken for the time being.
  var isBlocked = false
  /// The transport breaks.
  var failsReading = false
  var failsWriting = false
  /// After so many written bytes the connection is gone: the other end sees its end.
  var cutOffset: Int?
  /// The written byte that is altered on its way, and how.
  var alteredOffset: Int?
  var alteration: UInt8 = 0x01

  /// All that was taken, as it went out.
  fileprivate(set) var written: [UInt8] = []
  fileprivate(set) var readCount = 0
  fileprivate(set) var isFinished = false
  fileprivate(set) var closeCount = 0
  fileprivate(set) var isCut = false
  /// What has to stay as long as the stream.
  private let owners: [AnyObject]

  init(holding owners: AnyObject...) { self.owners = owners }

  /// Forgets what was written, so that offsets count from here.
  func forgetWritten() { written = [] }
}

/// A stream that does to the bytes of another what a bad line does. Copies are the same stream.
struct FaultInjector<Base: ByteStream>: ByteStream {
  private var base: Base
  let faults: Faults

  init(_ base: Base, _ faults: Faults) {
    self.base = base
    self.faults = faults
  }

  mutating func open() -> OpenResult { base.open() }

  mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    if space.isEmpty { Issue.record("there is never no space") }
    guard !faults.failsReading, !faults.isCut else { return .failed }
    var bytes = [UInt8](repeating: 0, count: min(space.count, faults.longestRead))
    var part = bytes.mutableSpan
    let result = base.read(into: &part)
    guard case .bytes(let count) = result else { return result }
    for index in 0..<count { space[index] = bytes[index] }
    faults.readCount += count
    return result
  }

  mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    if bytes.isEmpty { Issue.record("there are never no bytes") }
    guard !faults.failsWriting, !faults.isCut else { return .failed }
    guard !faults.isBlocked else { return .nothingYet }
    let part = bytes.extracting(first: faults.longestWrite)
    var offered = array(part)
    if let cut = faults.cutOffset {
      offered = Array(offered.prefix(cut - faults.written.count))
      guard !offered.isEmpty else {
        faults.isCut = true
        base.finishWriting()
        return .failed
      }
    }
    if let offset = faults.alteredOffset, offered.indices.contains(offset - faults.written.count) {
      offered[offset - faults.written.count] ^= faults.alteration
    }
    let result = base.write(offered.span)
    if case .bytes(let count) = result { faults.written += offered.prefix(count) }
    return result
  }

  mutating func finishWriting() {
    faults.isFinished = true
    base.finishWriting()
  }

  mutating func close() {
    faults.closeCount += 1
    base.close()
  }

  var isSecured: Bool { base.isSecured }
  var hasUnreadInput: Bool { base.hasUnreadInput }
  var failure: TLSFailure? { base.failure }
}
