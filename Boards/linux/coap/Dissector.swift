import DeviceCore
import LinuxSupport

/// Takes a stream of messages apart, as far as it is well-formed.
struct Dissector {
  let maximumMessageByteCount: UInt32
  let maximumTokenByteCount: Int

  /// What was found: which bytes are messages, and how they end.
  struct Dissection {
    /// Whole and well-formed.
    fileprivate(set) var messages: [Found] = []
    fileprivate(set) var ending = Ending.complete
  }

  /// Where a message lies in the input.
  struct Found {
    let range: Range<Int>
    let header: FrameHeader
  }

  /// Offsets are from the start of the input.
  enum Ending {
    case complete
    /// The message at `offset` needs so many bytes more, or more than that.
    case incomplete(offset: Int, missing: UInt32)
    case fault(FormatFault, offset: Int)
  }

  func dissect(_ bytes: [UInt8]) -> Dissection {
    var result = Dissection()
    var start = 0
    while start < bytes.count {
      do throws(FormatError) {
        guard let found = try nextMessage(bytes, at: start, &result.ending) else { return result }
        result.messages.append(found)
        start = found.range.upperBound
      } catch {
        result.ending = .fault(error.fault, offset: start + error.offset)
        return result
      }
    }
    return result
  }

  /// - Returns: nil when `ending` says why there is none.
  private func nextMessage(
    _ bytes: [UInt8], at start: Int, _ ending: inout Ending
  ) throws(FormatError) -> Found? {
    let rest = bytes.span.extracting(droppingFirst: start)
    let present = UInt32(clamping: rest.count)
    let size: UInt32
    switch try FrameHeader.parse(rest, maximumTokenByteCount: maximumTokenByteCount) {
    case .incomplete(let least): size = max(least, present + 1)
    case .complete(let header):
      size = header.messageByteCount
      guard size <= maximumMessageByteCount, size <= present else { break }
      _ = try Message(rest.extracting(first: Int(size)), header: header)
      return Found(range: start..<start + Int(size), header: header)
    }
    ending =
      size > maximumMessageByteCount
      ? .fault(.messageTooLarge, offset: start)
      : .incomplete(offset: start, missing: size - present)
    return nil
  }
}

/// One object for each message and one for the ending, unless all is complete.
func jsonObjects(_ bytes: [UInt8], _ dissection: Dissector.Dissection) -> [String] {
  var objects = dissection.messages.map { found in
    json(of: bytes.span.extracting(found.range), found.header)
  }
  switch dissection.ending {
  case .complete: break
  case .incomplete: objects.append("{\"incomplete\":true}")
  case .fault(let fault, let offset):
    objects.append("{\"error\":\"\(fault.text)\",\"offset\":\(offset)}")
  }
  return objects
}

/// Numbers, dots and hexadecimal digits alone: nothing that JSON would have to escape.
private func json(of bytes: Span<UInt8>, _ header: FrameHeader) -> String {
  guard let message = try? Message(bytes, header: header) else { return "{}" }
  var list: [String] = []
  var options = message.options
  while let option = options.next() {
    list.append("{\"number\":\(option.number.rawValue),\"value\":\"\(hexText(option.value))\"}")
  }
  return "{\"code\":\"\(message.code.dotted)\",\"token\":\"\(hexText(message.token))\","
    + "\"options\":[\(list.joined(separator: ","))],\"payload\":\"\(hexText(message.payload))\"}"
}
