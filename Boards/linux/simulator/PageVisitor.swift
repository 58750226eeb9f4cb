import DeviceCore
import Port

/// A connection on which the head of an HTTP request is awaited: a browser's for a file, which is answered here, or the
/// opening handshake of a WebSocket, which is not.
struct PageVisitor<Stream: ByteStream> {
  private(set) var stream: Stream
  /// When this is given up.
  let deadline: Instant
  private var received: [UInt8] = []
  private var answer: ArraySlice<UInt8>?

  /// A longer head is the WebSocket's to refuse.
  private static var longestHead: Int { 8192 }

  init(_ stream: Stream, deadline: Instant) {
    self.stream = stream
    self.deadline = deadline
  }

  enum Progress {
    case waiting
    /// It has its file, or is broken.
    case over
    /// It is for others, and these are the bytes that came.
    case other([UInt8])
  }

  /// Does all that can be done now.
  mutating func advance(_ files: PageFiles) -> Progress {
    while true {
      switch stream.open() {
      case .open: return answer == nil ? readHead(files) : writeAnswer()
      case .busy: continue
      case .nothingYet, .failing: return .waiting
      case .failed: return .over
      }
    }
  }

  private mutating func readHead(_ files: PageFiles) -> Progress {
    while true {
      // Byte for byte behind what may be the end of the head, so that no frame is read with it.
      var byte = InlineArray<1, UInt8>(repeating: 0)
      var space = byte.mutableSpan
      switch stream.read(into: &space) {
      case .bytes: received.append(byte[0])
      case .nothingYet: return .waiting
      case .end, .failed: return .over
      }
      guard received.suffix(4) == [13, 10, 13, 10] || received.count >= Self.longestHead else { continue }
      guard let bytes = files.answer(to: String(decoding: received, as: UTF8.self)) else {
        return .other(received)
      }
      answer = bytes[...]
      return writeAnswer()
    }
  }

  private mutating func writeAnswer() -> Progress {
    while let rest = answer, !rest.isEmpty {
      switch stream.write(rest.span) {
      case .bytes(let count): answer = rest.dropFirst(count)
      case .nothingYet: return .waiting
      case .failed: return .over
      }
    }
    stream.finishWriting()
    // Until the browser closes, for otherwise it could lose the end of the file.
    while true {
      var bytes = InlineArray<64, UInt8>(repeating: 0)
      var space = bytes.mutableSpan
      switch stream.read(into: &space) {
      case .bytes: continue
      case .nothingYet: return .waiting
      case .end, .failed: return .over
      }
    }
  }
}
