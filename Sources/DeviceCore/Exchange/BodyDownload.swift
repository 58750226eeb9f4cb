/// How a client fetches a body in blocks: what to ask for next, and whether what came belongs to it (RFC 7959
/// section 2.4, RFC 8323 section 6).
///
/// It holds none of the body. For each request append its own options with ``appendBlock(to:)`` among them; hand
/// every response, or the notification that began it, to ``receive(_:)``.
public struct BodyDownload: Sendable {
  /// The place of the byte that comes next.
  public private(set) var offset: UInt32 = 0
  /// How many bytes the body has, as far as the server says so (Size2).
  public private(set) var byteCount: UInt32?
  private var size: BlockSize?
  private var eTag = Token()

  /// - Parameter largest: the largest blocks to ask for from the beginning; nil leaves it to the server.
  ///   ``BlockSize/bert`` only when the peer has announced it: see ``Connection/largestBlock``.
  public init(largest: BlockSize? = nil) {
    size = largest
  }

  /// Appends Block2 (23), unless it is the first request and nothing is to be said.
  public func appendBlock(to writer: inout MessageWriter) throws(WriteError) {
    guard let size, let block = Block(offset: offset, isMore: false, size: size) else { return }
    try writer.appendCompact(.block2, uint: block.rawValue)
  }

  /// Appends Size2 (28) with the value 0: the question how large the body is (RFC 7959 section 4).
  public func appendSizeQuestion(to writer: inout MessageWriter) throws(WriteError) {
    if offset == 0 { try writer.appendCompact(.size2, uint: 0) }
  }

  /// What a response brought.
  public enum Step: Equatable, Sendable {
    /// Its payload is the part of the body that begins at ``offset`` as it was before; ask for the next one.
    case part
    /// The same, and the body is complete.
    case last
    /// A code of class 4 or 5: the server gives no body.
    case refused
  }

  /// Takes note of a response.
  ///
  /// - Throws: ``TransferError``; the payload does not belong to the body then. After ``TransferError/changed``
  ///   call ``restart()`` and ask again from the beginning.
  public mutating func receive(_ response: Message) throws(TransferError) -> Step {
    guard response.code.isSuccess else { return .refused }
    let count = UInt32(truncatingIfNeeded: response.payload.count)
    let tag = response.eTag
    if offset == 0 {
      eTag = tag
      byteCount = response.uint(of: .size2)
    } else if tag != eTag {
      throw .changed
    }
    guard let block = response.block(.block2) else {
      // All of it in one message; in answer to a later block that is something else.
      guard offset == 0 else { throw .otherBlock }
      offset = count
      return .last
    }
    guard block.offset == offset else { throw .otherBlock }
    guard block.allows(payloadByteCount: response.payload.count) else { throw .wrongLength }
    // The server's size is kept, if it is not larger than ours (RFC 7959 section 2.4).
    let size = min(size ?? .bert, block.size)
    self.size = size
    offset = offset &+ count
    guard block.isMore else { return .last }
    guard Block(offset: offset, isMore: false, size: size) != nil else { throw .tooLarge }
    return .part
  }

  /// Starts anew, with blocks of the size that was agreed upon.
  public mutating func restart() {
    offset = 0
    byteCount = nil
    eTag = Token()
  }
}

extension Message {
  /// The value of an option as an unsigned integer; nil when it is not there or too long.
  @inline(never)
  public func uint(of number: OptionNumber) -> UInt32? {
    guard let option = firstOption(number) else { return nil }
    return option.uint
  }

  /// What Block1 or Block2 says; nil when it is not there or too long.
  public func block(_ number: OptionNumber) -> Block? {
    guard let option = firstOption(number) else { return nil }
    return Block(option)
  }

  /// The first ETag; empty when there is none.
  public var eTag: Token {
    guard let option = firstOption(.eTag) else { return Token() }
    return Token(option.value) ?? Token()
  }
}
