/// How a client sends a body in blocks: what to send next, and what the answer to it means (RFC 7959
/// section 2.5, RFC 8323 section 6).
///
/// It holds none of the body. For each request append its own options up to Block2 (23), then call
/// ``appendBlock(to:)`` and append that part of the body as the payload; hand every response to ``receive(_:)``.
public struct BodyUpload: Sendable {
  /// Of the whole body.
  public let byteCount: UInt32
  /// The place of the first byte that was not acknowledged.
  public private(set) var offset: UInt32 = 0
  /// The largest body that the server would take, when it said so in a 4.13 (Size1).
  public private(set) var largestByteCount: UInt32?
  private var size: BlockSize
  private var isSplit: Bool
  private let tag: UInt32?
  /// The end of the part that was sent last.
  private var sentEnd: UInt32 = 0
  private var hasRestarted = false

  /// - Parameters:
  ///   - byteCount: of the whole body.
  ///   - largest: the largest blocks to send; ``BlockSize/bert`` only when the peer has announced it: see
  ///     ``Connection/largestBlock``.
  ///   - isSplit: whether a body that would fit into one message is sent in blocks, too, if it is larger than one.
  ///   - tag: tells bodies apart that go to the same resource at once (Request-Tag, RFC 9175 section 3).
  public init(byteCount: UInt32, largest: BlockSize, isSplit: Bool = false, tag: UInt32? = nil) {
    self.byteCount = byteCount
    self.size = largest
    self.isSplit = isSplit
    self.tag = tag
  }

  /// Appends Block1 (27), Size1 (60) and Request-Tag (292) as far as they are needed. What follows is the payload
  /// alone, perhaps behind options of higher numbers.
  ///
  /// - Parameter reserve: how many bytes those other options take.
  /// - Returns: the part of the body that the payload has to be: as much as fits.
  /// - Throws: ``WriteError/tooLarge`` when not even the smallest block fits.
  public mutating func appendBlock(
    to writer: inout MessageWriter, reserving reserve: Int = 0
  ) throws(WriteError) -> Range<UInt32> {
    let room = writer.availableByteCount &- 1 &- reserve
    if offset == 0, byteCount <= UInt32(truncatingIfNeeded: max(room, 0)),
      !isSplit || byteCount <= UInt32(truncatingIfNeeded: size.byteCount)
    {
      sentEnd = byteCount
      return 0..<byteCount
    }
    // Block1, Size1 and Request-Tag in their longest forms.
    guard let fit = size.fitting(room &- 19) else { throw .tooLarge }
    let count = min(UInt32(truncatingIfNeeded: fit.byteCount), byteCount &- offset)
    let end = offset &+ count
    guard let block = Block(offset: offset, isMore: end < byteCount, size: fit.size)
    else { throw .tooLarge }
    try writer.appendCompact(.block1, uint: block.rawValue)
    if offset == 0 { try writer.appendCompact(.size1, uint: byteCount) }
    if let tag {
      var bytes = InlineArray<8, UInt8>(repeating: 0)
      try writer.appendCompact(.requestTag, Token(tag).copied(to: &bytes))
    }
    // A smaller size stays: block numbers would not fit otherwise.
    size = fit.size
    sentEnd = end
    return offset..<end
  }

  /// What the answer to a part means.
  public enum Step: Equatable, Sendable {
    /// Send the part that begins at ``offset``.
    case next
    /// The server has lost what it had, or wants smaller blocks: send the body from the beginning, ``offset`` is 0.
    case restart
    /// The server has got all of the body; the response is the answer to it.
    case done
    /// The response is the answer, and the rest of the body is not wanted.
    case refused
  }

  /// Takes note of a response.
  ///
  /// - Throws: ``TransferError/otherBlock`` when it acknowledges another part.
  public mutating func receive(_ response: Message) throws(TransferError) -> Step {
    let block = response.block(.block1)
    if response.code.isSuccess {
      if let block, block.offset != offset { throw .otherBlock }
      if sentEnd == byteCount && response.code != .continue { return .done }
      // Larger blocks than ours mean nothing (RFC 7959 section 2.3).
      if let block, block.size < size { size = block.size }
      guard sentEnd < byteCount else { throw .otherBlock }
      offset = sentEnd
      return .next
    }
    if response.code == .requestEntityTooLarge {
      largestByteCount = response.uint(of: .size1)
      // A body that went as one message is cut into blocks now.
      let wasWhole = sentEnd == byteCount && !isSplit
      if let block, offset == 0, block.size < size || wasWhole,
        UInt32(truncatingIfNeeded: block.size.byteCount) < sentEnd
      {
        size = min(size, block.size)
        isSplit = true
        return .restart
      }
    }
    if response.code == .requestEntityIncomplete, !hasRestarted, sentEnd > 0 {
      hasRestarted = true
      offset = 0
      return .restart
    }
    return .refused
  }
}
