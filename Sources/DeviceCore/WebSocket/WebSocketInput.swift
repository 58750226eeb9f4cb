/// Turns what comes in WebSocket frames into messages on a stream (RFC 8323 section 4.2 into section 3.2).
///
/// Bytes are translated where they are: the header of a frame is at least as long as the length that takes its
/// place. Two things need other memory: a message in fragments, whose length is not known before the last one,
/// and the space before the bytes, ``headroom``, for a message that was begun in an earlier read.
public struct WebSocketInput {
  private let sender: WebSocketRole
  private let largestMessage: UInt32
  private var header = InlineArray<14, UInt8>(repeating: 0)
  private var headerCount = 0
  private var missingHeaderCount: Int
  private var place = Place.header
  /// Bytes of the frame's payload that have not come.
  private var payloadRest: UInt32 = 0
  private var isFinal = true
  private var opcode = WebSocketFrameHeader.Opcode.continuation
  private var mask = WebSocketMask(nil)
  private var head = WebSocketMessageHead()
  /// Of the message that comes in one frame.
  private var messageByteCount: UInt32 = 0
  private var assembled = Assembly.none
  private var emptyFragmentCount: UInt8 = 0

  /// The payload of the last control frame.
  public private(set) var control = InlineArray<125, UInt8>(repeating: 0)
  /// In bytes.
  public private(set) var controlCount = 0
  /// Whether ``control`` is what a Ping wants back. The caller sets it to false when the Pong is on its way;
  /// another control frame does so too, for the latest Ping is enough (RFC 6455 section 5.5.3).
  public var owesPong = false
  /// What the peer did wrong; nothing is translated any more.
  public private(set) var fault: WebSocketFault?
  /// The peer's Close frame has come; nothing is translated any more. Its code, if it had one, is
  /// ``closeCode``.
  public private(set) var isClosed = false
  /// The code of the peer's Close frame.
  public private(set) var closeCode: WebSocketCloseCode?

  /// Where the next byte belongs.
  private enum Place {
    case header
    /// The first bytes of a message in one frame.
    case head
    /// The rest of it.
    case body
    case fragment
    case control
  }

  /// A message in fragments.
  private enum Assembly: Equatable {
    case none
    /// So far it has come.
    case growing(end: Int)
    /// It is whole, and these bytes are still to be taken.
    case whole(start: Int, end: Int)
  }

  /// So many bytes have to be free before those that are translated.
  public static var headroom: Int { 8 }
  /// The fragments of a message may be empty so often.
  private static var emptyFragmentLimit: UInt8 { 64 }

  /// - Parameters:
  ///   - role: which end this is; the other one is listened to.
  ///   - largestMessage: the Max-Message-Size that was announced, or what is read and dropped beyond it.
  public init(_ role: WebSocketRole, largestMessage: UInt32) {
    sender = role == .client ? .server : .client
    self.largestMessage = largestMessage
    missingHeaderCount = sender == .client ? 6 : 2
  }

  /// Whether a whole message is waiting in the memory for fragments: take it before anything else is read.
  public var hasAssembled: Bool {
    if case .whole = assembled { return true }
    return false
  }

  /// How many bytes may be read next. While a message comes in fragments nothing behind its last frame: there
  /// would be no place for it.
  public var readLimit: Int {
    guard assembled != .none else { return .max }
    return place == .header ? missingHeaderCount : Int(truncatingIfNeeded: min(payloadRest, 0x7fff_ffff))
  }

  /// Translates the bytes from `start` to `end`.
  ///
  /// - Parameter assembly: for messages in fragments, the same in each call; it limits how large they may be,
  ///   ``headroom`` included.
  /// - Returns: how many bytes of messages are now at the start of `bytes`. More may be in `assembly`.
  /// - Precondition: `start` is at least ``headroom``, and no more than ``readLimit`` bytes are behind it.
  public mutating func translate(
    _ bytes: inout MutableSpan<UInt8>, from start: Int, to end: Int, assembly: inout MutableSpan<UInt8>
  ) -> Int {
    var input = start
    var output = 0
    while input < end && !isClosed && fault == nil {
      do throws(WebSocketFault) {
        if place == .header {
          header[headerCount] = bytes[input]
          headerCount += 1
          input += 1
          try readHeader(assemblyCount: assembly.count)
        } else {
          let count = Int(min(payloadRest, UInt32(end - input)))
          mask.apply(to: &bytes, from: input, count, movingTo: place == .body ? output : input)
          try take(&bytes, from: input, count, to: &output, assembly: &assembly)
          input += count
          payloadRest -= UInt32(count)
        }
        if place != .header && payloadRest == 0 { try endFrame(assembly: &assembly) }
        if hasAssembled {
          // Behind what is read there is room for it, or it was begun before and this is the end of the input.
          let limit = input < end ? input : bytes.count
          output += takeAssembled(assembly: assembly, to: &bytes, at: output, limit: limit)
        }
      } catch {
        fault = error
      }
    }
    return output
  }

  /// Takes as much as there is room for of a message that came in fragments.
  ///
  /// - Returns: how many bytes of it are now at `offset` of `space`.
  public mutating func takeAssembled(
    assembly: borrowing MutableSpan<UInt8>, to space: inout MutableSpan<UInt8>, at offset: Int, limit: Int
  ) -> Int {
    guard case .whole(let start, let end) = assembled else { return 0 }
    let count = min(end - start, limit - offset)
    var plain = WebSocketMask(nil)
    plain.copy(assembly.span.extracting(start..<start + count), to: &space, at: offset)
    assembled = start + count == end ? .none : .whole(start: start + count, end: end)
    return count
  }

  // MARK: Inside

  private mutating func readHeader(assemblyCount: Int) throws(WebSocketFault) {
    switch try WebSocketFrameHeader.parse(header.span.extracting(first: headerCount), from: sender) {
    case .incomplete(let missing):
      missingHeaderCount = missing
    case .complete(let header):
      try begin(header, assemblyCount: assemblyCount)
      headerCount = 0
      missingHeaderCount = sender == .client ? 6 : 2
    }
  }

  private mutating func begin(
    _ header: WebSocketFrameHeader, assemblyCount: Int
  ) throws(WebSocketFault) {
    let length = header.payloadByteCount
    switch header.opcode {
    case .text: throw .textMessage
    case .binary:
      guard assembled == .none else { throw .messageInterleaved }
      guard length <= largestMessage else { throw .messageTooLarge }
      head = WebSocketMessageHead()
      messageByteCount = length
      if header.isFinal {
        place = .head
      } else {
        emptyFragmentCount = 0
        assembled = .growing(end: WebSocketInput.headroom)
        place = .fragment
      }
    case .continuation:
      guard assembled != .none else { throw .continuationStray }
      place = .fragment
    case .close, .ping, .pong:
      controlCount = 0
      owesPong = false
      place = .control
    }
    if place == .fragment, case .growing(let end) = assembled {
      let limit = min(assemblyCount - end, Int(truncatingIfNeeded: min(largestMessage, 0x7fff_ffff)))
      guard limit >= 0, length <= UInt32(limit) else { throw .messageTooLarge }
      if length == 0 {
        emptyFragmentCount += 1
        guard emptyFragmentCount <= WebSocketInput.emptyFragmentLimit else { throw .emptyFragments }
      }
    }
    if !header.opcode.isControl { isFinal = header.isFinal }
    opcode = header.opcode
    payloadRest = length
    mask = WebSocketMask(header.mask)
  }

  /// Brings unmasked payload to where it belongs; that of `body` is there already.
  private mutating func take(
    _ bytes: inout MutableSpan<UInt8>, from start: Int, _ count: Int, to output: inout Int,
    assembly: inout MutableSpan<UInt8>
  ) throws(WebSocketFault) {
    var plain = WebSocketMask(nil)
    var start = start
    let end = start + count
    switch place {
    case .header: break
    case .head:
      while start < end && head.missingCount > 0 {
        head.append(bytes[start])
        start += 1
      }
      guard head.missingCount == 0 else { return }
      let header = try head.streamHeader(messageByteCount: messageByteCount)
      for index in 0..<header.count { bytes[output + index] = header.bytes[index] }
      output += header.count
      place = .body
      plain.apply(to: &bytes, from: start, end - start, movingTo: output)
      output += end - start
    case .body:
      output += count
    case .fragment:
      guard case .growing(let offset) = assembled else { return }
      plain.copy(bytes.span.extracting(start..<end), to: &assembly, at: offset)
      assembled = .growing(end: offset + count)
    case .control:
      for index in start..<end {
        control[controlCount] = bytes[index]
        controlCount += 1
      }
    }
  }

  private mutating func endFrame(assembly: inout MutableSpan<UInt8>) throws(WebSocketFault) {
    let ended = place
    place = .header
    switch ended {
    case .header, .body: break
    // Over before its header is.
    case .head: throw lastFault()
    case .fragment: if isFinal { try finishAssembly(&assembly) }
    case .control: try endControl()
    }
  }

  private func lastFault() -> WebSocketFault {
    do throws(WebSocketFault) {
      _ = try head.streamHeader(messageByteCount: messageByteCount)
      return .messageTruncated
    } catch {
      return error
    }
  }

  /// Puts the header in front of a message that has come in whole.
  private mutating func finishAssembly(_ assembly: inout MutableSpan<UInt8>) throws(WebSocketFault) {
    guard case .growing(let end) = assembled else { return }
    let start = WebSocketInput.headroom
    var head = WebSocketMessageHead()
    var offset = start
    while offset < end && head.missingCount > 0 {
      head.append(assembly[offset])
      offset += 1
    }
    let header = try head.streamHeader(messageByteCount: UInt32(end - start))
    for index in 0..<header.count { assembly[offset - header.count + index] = header.bytes[index] }
    assembled = .whole(start: offset - header.count, end: end)
  }

  private mutating func endControl() throws(WebSocketFault) {
    switch opcode {
    case .ping: owesPong = true
    case .close:
      guard controlCount != 1 else { throw .closeInvalid }
      if controlCount > 1 {
        let code = WebSocketCloseCode(rawValue: UInt16(control[0]) << 8 | UInt16(control[1]))
        guard code.isSendable else { throw .closeInvalid }
        closeCode = code
      }
      isClosed = true
    default: break
    }
  }
}
