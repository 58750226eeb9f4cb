import DeviceCore
import LinuxSupport

/// Where the body of an answer goes while it comes.
struct BodySink {
  private let path: String?
  private let limit: UInt32
  private var file: PartialFile?
  /// The body, unless it goes into a file.
  private(set) var bytes: [UInt8] = []
  private(set) var byteCount: UInt32 = 0

  /// - Parameters:
  ///   - path: of a file; nil to keep the body in memory.
  ///   - limit: the largest body to take, in bytes.
  init(path: String?, limit: UInt32) {
    self.path = path
    self.limit = limit
  }

  /// Takes the next part.
  mutating func append(_ part: Span<UInt8>) throws(Failure) {
    guard UInt32(clamping: part.count) <= limit - byteCount else {
      throw Failure("the body is larger than \(limit) bytes (--max-body-size takes more)")
    }
    byteCount += UInt32(part.count)
    let copy = array(part)
    guard let path else {
      bytes += copy
      return
    }
    do throws(FileFailure) {
      if file == nil { file = try PartialFile(path) }
      try file?.append(copy)
    } catch {
      throw Failure(error.description)
    }
  }

  /// - Throws: when a body of the announced size would be too large.
  func expect(_ announced: UInt32?) throws(Failure) {
    guard let announced, announced > limit else { return }
    throw Failure(
      "the body has \(announced) bytes, more than \(limit) (--max-body-size takes more)")
  }

  /// Forgets what has come.
  mutating func restart() {
    file?.discard()
    file = nil
    bytes = []
    byteCount = 0
  }

  /// The body is complete: a file gets its name.
  mutating func finish() throws(Failure) {
    guard let path else { return }
    do throws(FileFailure) {
      // An empty body is a file, too.
      if file == nil { file = try PartialFile(path) }
      try file?.finish()
    } catch {
      throw Failure(error.description)
    }
  }
}
