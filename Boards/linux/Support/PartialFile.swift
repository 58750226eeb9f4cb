import Glibc

/// A file that takes its name only when all of it is there: until then it is another one beside it.
///
/// What is no regular file, such as a pipe or /dev/null, is written in place when it is complete.
public final class PartialFile {
  private let path: String
  private var descriptor: Int32
  private var temporaryName: [CChar]
  private let isInPlace: Bool

  /// Begins a file; nothing is at `path` that was not there before.
  ///
  /// - Throws: a line that names the file.
  public init(_ path: String) throws(FileFailure) {
    var state = stat()
    let exists = unsafe stat(path, &state) == 0
    guard !exists || state.st_mode & S_IFMT != S_IFDIR else {
      throw FileFailure("cannot write \(path)", reason: EISDIR)
    }
    isInPlace = exists && state.st_mode & S_IFMT != S_IFREG
    // A link stays one: it is its target that is replaced.
    self.path = exists && !isInPlace ? PartialFile.target(path) : path
    let template = isInPlace ? "/tmp/coap.XXXXXX" : self.path + ".XXXXXX"
    var name = Array(template.utf8CString)
    descriptor = unsafe mkstemp(&name)
    temporaryName = name
    guard descriptor >= 0 else { throw FileFailure("cannot write \(path)", reason: errno) }
    // As a program would make it, or as it was.
    let mask = umask(0)
    umask(mask)
    if !isInPlace { fchmod(descriptor, exists ? state.st_mode & 0o777 : 0o666 & ~mask) }
  }

  deinit { discard() }

  /// Appends bytes.
  public func append(_ bytes: [UInt8]) throws(FileFailure) {
    guard writeAll(bytes, to: descriptor) else { throw failure(errno) }
  }

  /// Forgets all that was appended.
  public func restart() throws(FileFailure) {
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw failure(errno)
    }
  }

  /// Gives the file its name.
  public func finish() throws(FileFailure) {
    if isInPlace {
      try copyInPlace()
    } else {
      // What is kept of a file after a power failure is either the old one or all of the new one.
      guard fsync(descriptor) == 0, unsafe rename(temporaryName, path) == 0 else {
        throw failure(errno)
      }
      close(descriptor)
      descriptor = -1
    }
    discard()
  }

  /// Removes what is not complete.
  public func discard() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
    unsafe unlink(temporaryName)
  }

  private func copyInPlace() throws(FileFailure) {
    let target = unsafe open(path, O_WRONLY | O_CLOEXEC)
    guard target >= 0, lseek(descriptor, 0, SEEK_SET) == 0 else { throw failure(errno) }
    defer { close(target) }
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = unsafe read(descriptor, &block, block.count)
      guard count >= 0 else { throw failure(errno) }
      guard count > 0 else { return }
      guard writeAll(Array(block.prefix(count)), to: target) else { throw failure(errno) }
    }
  }

  private func failure(_ reason: Int32) -> FileFailure {
    FileFailure("cannot write \(path)", reason: reason)
  }

  private static func target(_ path: String) -> String {
    guard let resolved = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }
}
