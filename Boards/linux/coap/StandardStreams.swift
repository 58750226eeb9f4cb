import Glibc
import LinuxSupport

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
  writeAll(bytes, to: descriptor)
}

/// Reads a file to its end; `-` is standard input.
func readFile(_ path: String) throws(Failure) -> [UInt8] {
  do throws(FileFailure) {
    return try readFile(at: path)
  } catch {
    throw Failure(error.description)
  }
}

/// Whether a person looks at standard output.
var isOutputTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
