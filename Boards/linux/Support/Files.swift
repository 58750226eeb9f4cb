import Glibc

/// Reads a file to its end; `-` is standard input.
///
/// - Throws: a line that names the file.
public func readFile(at path: String) throws(FileFailure) -> [UInt8] {
  let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileFailure("cannot read \(path)", reason: errno) }
  defer { if descriptor != STDIN_FILENO { close(descriptor) } }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = unsafe read(descriptor, &block, block.count)
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw FileFailure("cannot read \(path)", reason: errno) }
    guard count > 0 else { return bytes }
    bytes += block.prefix(count)
  }
}

/// Replaces a file as a whole, or leaves it as it was: through another one beside it that takes its name.
/// Only its owner may read it.
///
/// - Throws: a line that names the file.
public func writePrivateFile(_ bytes: [UInt8], at path: String) throws(FileFailure) {
  var template = Array((path + ".XXXXXX").utf8CString)
  // Made with mode 0600.
  let descriptor = unsafe mkstemp(&template)
  guard descriptor >= 0 else { throw FileFailure("cannot write \(path)", reason: errno) }
  let isWritten = writeAll(bytes, to: descriptor)
  var reason = errno
  close(descriptor)
  if isWritten {
    guard unsafe rename(template, path) != 0 else { return }
    reason = errno
  }
  unsafe unlink(template)
  throw FileFailure("cannot write \(path)", reason: reason)
}

/// Writes all of the bytes.
///
/// - Returns: false when that is not possible, with the reason in `errno`.
@discardableResult
public func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  var start = 0
  while start < bytes.count {
    let count = unsafe bytes[start...].withUnsafeBytes { rest in
      unsafe write(descriptor, rest.baseAddress, rest.count)
    }
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { return false }
    start += count
  }
  return true
}

/// A file that cannot be read or written, in a line for a person.
public struct FileFailure: Error, CustomStringConvertible {
  public let description: String

  init(_ description: String) {
    self.description = description
  }

  init(_ what: String, reason: Int32) {
    description = "\(what): \(unsafe String(cString: strerror(reason)))"
  }
}
