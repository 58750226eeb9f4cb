import DeviceCore

/// Header, checks of the whole message, then number, length and value of every option, and the payload.
@inline(never)
func parse(_ bytes: Span<UInt8>) -> UInt32 {
  do throws(FormatError) {
    guard case .complete(let header) = try FrameHeader.parse(bytes),
      Int(header.messageByteCount) == bytes.count
    else { fail("not a whole message") }
    let message = try Message(bytes, header: header)
    var sum: UInt32 = 0
    var options = message.options
    while let option = options.next() {
      sum &+= UInt32(option.number.rawValue) &+ UInt32(truncatingIfNeeded: option.value.count)
      if option.value.count > 0 { sum &+= UInt32(option.value[0]) }
    }
    return sum &+ UInt32(truncatingIfNeeded: message.payload.count)
  } catch {
    fail("not parsed")
  }
}
