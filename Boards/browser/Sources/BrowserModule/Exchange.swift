import DeviceCore

/// A request of the page from its first message to its last: a body in either direction, or an observation.
///
/// JavaScript keeps the options and the body and hands them in again for every message; what a transfer has to
/// remember is here.
struct Exchange {
  /// What JavaScript wants with a call of `coap_request`.
  enum Kind: UInt32 {
    /// A body is fetched: the first message of it, and the next one.
    case download, nextDownload
    /// A body is sent.
    case upload, nextUpload
    /// Notifications are wanted; the same again, with the same token; and the end of them.
    case observe, observeAgain, forget
  }

  var request: RequestID?
  var isUpload = false
  var download = BodyDownload()
  var upload = BodyUpload(byteCount: 0, largest: .largest)

  /// The place of the next byte.
  var offset: UInt32 { isUpload ? upload.offset : download.offset }

  /// Appends the options in the scratch bytes, each a number and a length of two bytes and its value, with those of
  /// the transfer among them; and the part of the body that is to be sent, of which `chunk` is as much as there is.
  mutating func write(
    _ options: Span<UInt8>, _ kind: Kind, _ chunk: Span<UInt8>, to writer: inout MessageWriter
  ) throws(WriteError) {
    var position = 0
    var isObserveDue = kind == .observe || kind == .observeAgain || kind == .forget
    var isBlockDue = !isUpload
    while true {
      let isBehindLast = position + 4 > options.count
      let number = OptionNumber(rawValue: isBehindLast ? .max : uint16(options, position))
      if isObserveDue, number > .observe {
        try writer.appendCompact(.observe, uint: kind == .forget ? 1 : 0)
        isObserveDue = false
      }
      if isBlockDue, number > .block2 {
        try download.appendBlock(to: &writer)
        isBlockDue = false
      }
      if isBehindLast { break }
      let end = position + 4 + Int(uint16(options, position + 2))
      guard end <= options.count else { throw .invalidValue }
      try writer.appendCompact(number, options.extracting(position + 4..<end))
      position = end
    }
    if isUpload {
      let part = try upload.appendBlock(to: &writer)
      guard part.count <= chunk.count else { throw .tooLarge }
      try writer.append(payload: chunk.extracting(first: part.count))
    }
  }

  /// What a response means for the transfer, as coap.js knows it.
  enum Step: UInt32 {
    /// The body goes on: ask for the next part.
    case part
    /// The response is the last one.
    case last
    /// Begin again from the first byte.
    case restart
    /// It does not belong to the transfer.
    case broken
  }

  mutating func receive(_ message: Message) -> Step {
    if isUpload {
      switch try? upload.receive(message) {
      case .next: return .part
      case .restart: return .restart
      case .done, .refused: return .last
      case nil: return .broken
      }
    }
    do throws(TransferError) {
      return try download.receive(message) == .part ? .part : .last
    } catch {
      guard error == .changed else { return .broken }
      download.restart()
      return .restart
    }
  }
}

/// Two bytes, the lower one first, as JavaScript writes them.
private func uint16(_ bytes: Span<UInt8>, _ index: Int) -> UInt16 {
  UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8
}
