import Glibc

/// Writes a line about a problem to standard error.
func complain(_ reason: String) {
  writeLine("coap: \(reason)", to: STDERR_FILENO)
}

/// Writes a line to standard output or standard error.
func writeLine(_ line: String, to descriptor: Int32 = STDOUT_FILENO) {
  writeBytes(Array((line + "\n").utf8), to: descriptor)
}

/// Writes all of the bytes; gives up silently when nobody reads.
func writeBytes(_ bytes: [UInt8], to descriptor: Int32 = STDOUT_FILENO) {
  var start = 0
  while start < bytes.count {
    let count = unsafe bytes[start...].withUnsafeBytes { rest in
      unsafe write(descriptor, rest.baseAddress, rest.count)
    }
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { return }
    start += count
  }
}

/// Reads a file to its end; `-` is standard input.
func readFile(_ path: String) throws(Failure) -> [UInt8] {
  let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw unreadable(path) }
  defer { if descriptor != STDIN_FILENO { close(descriptor) } }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = unsafe read(descriptor, &block, block.count)
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw unreadable(path) }
    guard count > 0 else { return bytes }
    bytes += block.prefix(count)
  }
}

private func unreadable(_ path: String) -> Failure {
  Failure("cannot read \(path): \(unsafe String(cString: strerror(errno)))")
}

/// Whether a person looks at standard output.
var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
