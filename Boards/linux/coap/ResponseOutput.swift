import DeviceCore
import Glibc
import LinuxSupport

/// Shows an answer: a successful payload on standard output, everything else on standard error.
///
/// - Parameter isRaw: whether the payload is left as it is on a terminal, too.
func show(_ answer: Answer, verbosely isVerbose: Bool, raw isRaw: Bool = false) {
  if isVerbose { showHeader(answer) }
  guard answer.code.isSuccess else { return complain(answer.reason) }
  guard !answer.body.isEmpty else { return }
  guard isOutputTerminal, !isRaw else { return writeBytes(answer.body) }
  if answer.isShownAsText {
    writeText(answer.body)
  } else {
    for line in hexDump(answer.body) { writeLine(line) }
  }
}

/// Shows one of several answers: a text is a line, even an empty one.
func showNotification(_ answer: Answer, verbosely isVerbose: Bool) {
  guard answer.code.isSuccess, answer.isShownAsText else {
    return show(answer, verbosely: isVerbose)
  }
  if isVerbose { showHeader(answer) }
  writeText(answer.body)
}

/// Writes bytes with an end of the line behind them.
private func writeText(_ bytes: [UInt8]) {
  writeBytes(bytes.last == 0x0a ? bytes : bytes + [0x0a])
}

/// Shows code and options on standard error.
func showHeader(_ answer: Answer) {
  writeLine(answer.code.text, to: STDERR_FILENO)
  for line in answer.lines { writeLine("  \(line)", to: STDERR_FILENO) }
  if answer.byteCount > 0 {
    writeLine("  payload \(byteCount(Int(answer.byteCount)))", to: STDERR_FILENO)
  }
}
