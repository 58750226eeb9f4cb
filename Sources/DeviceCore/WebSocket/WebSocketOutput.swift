/// Turns messages on a stream into WebSocket frames, one for each (RFC 8323 section 4.2), and writes control
/// frames between them.
public struct WebSocketOutput {
  private let role: WebSocketRole
  private var header = InlineArray<8, UInt8>(repeating: 0)
  private var headerCount = 0
  /// Bytes of the message that have not come.
  private var rest: UInt32 = 0
  private var mask = WebSocketMask(nil)
  /// Whether the rest of the message is dropped.
  private var isHidden = false
  /// Whether an Abort is left out, because WebSocket itself was violated: then a Close frame says all.
  public var hidesAborts = false
  /// Whether an Abort came by.
  public private(set) var hasAborted = false
  /// Whether what came is no sequence of messages; all of it is dropped.
  public private(set) var isBroken = false

  /// Frames of a client are masked.
  public init(_ role: WebSocketRole) {
    self.role = role
  }

  /// Whether a message was begun that is not at its end: no control frame can go out now.
  public var isWithinMessage: Bool { rest > 0 || headerCount > 0 }

  /// The room that a frame has to have before it is begun.
  private static var headroom: Int { WebSocketFrameHeader.largestByteCount + 4 }

  /// Translates `bytes` up to the end of one message, and writes frames at `offset` of `space`, which it
  /// advances.
  ///
  /// - Parameter mask: 32 random bits that were not used before (RFC 6455 section 5.3). Only a client's frame that
  ///   begins in this call needs them.
  /// - Returns: how many bytes were taken, none when there is no room.
  public mutating func translate(
    _ bytes: Span<UInt8>, mask: UInt32, to space: inout MutableSpan<UInt8>, at offset: inout Int
  ) -> Int {
    guard !isBroken else { return bytes.count }
    var taken = 0
    if rest == 0 {
      guard space.count - offset >= WebSocketOutput.headroom else { return 0 }
      var header: FrameHeader?
      while header == nil {
        guard taken < bytes.count else { return taken }
        self.header[headerCount] = bytes[taken]
        headerCount += 1
        taken += 1
        do throws(FormatError) {
          let parsed = try FrameHeader.parse(
            self.header.span.extracting(first: headerCount),
            maximumTokenByteCount: Int(Capabilities.longestToken))
          if case .complete(let complete) = parsed { header = complete }
        } catch {
          isBroken = true
          return bytes.count
        }
      }
      begin(header!, mask: mask, to: &space, at: &offset)
      if rest == 0 { return taken }
    }
    let available = min(bytes.count - taken, isHidden ? .max : space.count - offset)
    let count = Int(min(rest, UInt32(available)))
    if !isHidden {
      self.mask.copy(bytes.extracting(taken..<taken + count), to: &space, at: offset)
      offset += count
    }
    rest -= UInt32(count)
    return taken + count
  }

  private mutating func begin(
    _ header: FrameHeader, mask: UInt32, to space: inout MutableSpan<UInt8>, at offset: inout Int
  ) {
    rest = header.messageByteCount - UInt32(header.byteCount)
    headerCount = 0
    if header.code == .abort { hasAborted = true }
    isHidden = hidesAborts && header.code == .abort
    guard !isHidden else { return }
    // What is left of the header without Len and its extension.
    let count = WebSocketMessageHead.byteCount(first: self.header[0])
    let key: UInt32? = role == .client ? mask : nil
    offset = WebSocketFrameHeader.write(
      .binary, rest + UInt32(count), mask: key, to: &space, at: offset)
    self.mask = WebSocketMask(key)
    for index in 0..<count {
      let byte = index == 0 ? self.header[0] & 0x0f : self.header[header.byteCount - count + index]
      space[offset] = byte ^ self.mask.next()
      offset += 1
    }
  }

  /// Writes a control frame at `offset` of `space`, which it advances.
  ///
  /// - Parameters:
  ///   - body: at most 125 bytes.
  ///   - mask: 32 random bits that were not used before; only a client needs them.
  /// - Returns: false when there is no room, or a message is not at its end.
  public mutating func writeControl(
    _ opcode: WebSocketFrameHeader.Opcode, _ body: Span<UInt8>, mask: UInt32,
    to space: inout MutableSpan<UInt8>, at offset: inout Int
  ) -> Bool {
    precondition(opcode.isControl && body.count <= 125)
    guard !isWithinMessage,
      space.count - offset >= WebSocketFrameHeader.largestByteCount + body.count
    else { return false }
    let key: UInt32? = role == .client ? mask : nil
    offset = WebSocketFrameHeader.write(
      opcode, UInt32(body.count), mask: key, to: &space, at: offset)
    var going = WebSocketMask(key)
    for index in body.indices {
      space[offset] = body[index] ^ going.next()
      offset += 1
    }
    return true
  }
}
