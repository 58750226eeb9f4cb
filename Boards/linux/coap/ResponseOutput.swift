import DeviceCore
import Glibc
import LinuxSupport

/// Shows a response: a successful payload on standard output, everything else on standard error.
func showResponse(_ response: Message, verbosely isVerbose: Bool) {
  if isVerbose { showHeader(response) }
  let payload = response.payload
  guard response.code.isSuccess else {
    complain(response.code.text + diagnostic(response))
    return
  }
  guard payload.count > 0 else { return }
  let bytes = array(payload)
  guard isOutputTerminal else { return writeBytes(bytes) }
  if isShownAsText(response) {
    writeBytes(bytes.last == 0x0a ? bytes : bytes + [0x0a])
  } else {
    for line in hexDump(bytes) { writeLine(line) }
  }
}

private func showHeader(_ response: Message) {
  writeLine(response.code.text, to: STDERR_FILENO)
  var options = response.options
  while let option = options.next() {
    let line = describe(option, in: response.code) + formatNote(option)
    writeLine("  \(line)", to: STDERR_FILENO)
  }
  if response.payload.count > 0 {
    writeLine("  payload \(byteCount(response.payload.count))", to: STDERR_FILENO)
  }
}

private func formatNote(_ option: borrowing MessageOption) -> String {
  guard option.number == .contentFormat, let number = option.uint,
    let type = UInt16(exactly: number).flatMap({ ContentFormat(rawValue: $0).mediaType })
  else { return "" }
  return " (\(type))"
}

/// The reason that a server gives (RFC 7252 section 5.5.2).
private func diagnostic(_ response: Message) -> String {
  guard response.payload.count > 0 else { return "" }
  // With a format other than text it is a representation, for instance of problem details.
  if let format = contentFormat(of: response), !format.isText {
    return ": \(format.mediaType ?? "format \(format.rawValue)") \(valueText(response.payload))"
  }
  return ": \(printableText(response.payload))"
}

private func contentFormat(of message: Message) -> ContentFormat? {
  message.firstOption(.contentFormat)?.uint.flatMap { UInt16(exactly: $0) }
    .map { ContentFormat(rawValue: $0) }
}

/// A format that says text is believed only as far as the bytes are harmless for a terminal.
private func isShownAsText(_ message: Message) -> Bool {
  (contentFormat(of: message)?.isText ?? true) && isText(message.payload)
}
