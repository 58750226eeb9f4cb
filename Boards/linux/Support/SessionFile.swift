import Glibc

/// A TLS session that outlives a client, in a file that only its owner may read. It contains keys.
///
/// The file has a title, the date, a SHA-256 of all that the session depends on, and the session.
public struct SessionFile {
  private let path: String
  private let fingerprint: Fingerprint

  private static let title = Array("coap TLS session 1\n".utf8)
  /// How long a session is good for, in seconds (RFC 5246 section F.1.4).
  private static let lifetime: UInt32 = 86_400

  /// - Parameter fingerprint: of the server and of everything else that a session belongs to.
  public init(_ path: String, fingerprint: Fingerprint) {
    self.path = path
    self.fingerprint = fingerprint
  }

  /// The session, or nothing when there is none that belongs to the fingerprint and is whole.
  ///
  /// - Parameter now: seconds since 1970.
  public func load(at now: UInt32) -> [UInt8] {
    guard !isSpecial, let bytes = try? readFile(at: path), bytes.starts(with: SessionFile.title) else {
      return []
    }
    let parts = bytes.dropFirst(SessionFile.title.count)
    let date = Array(parts.prefix(4))
    let digest = parts.dropFirst(4).prefix(Fingerprint.byteCount)
    let session = Array(parts.dropFirst(4 + Fingerprint.byteCount))
    guard digest.elementsEqual(self.digest(date, session)) else { return [] }
    let made = date.reduce(0) { $0 << 8 | UInt32($1) }
    return made <= now && now - made < SessionFile.lifetime ? session : []
  }

  /// Replaces the file.
  ///
  /// - Throws: why it cannot be written.
  public func save(_ session: [UInt8], at now: UInt32) throws(FileFailure) {
    guard !isSpecial else { throw FileFailure("cannot write \(path): it is no file") }
    let date = unsafe withUnsafeBytes(of: now.bigEndian) { unsafe Array($0) }
    try writePrivateFile(SessionFile.title + date + digest(date, session) + session, at: path)
  }

  /// Forgets a session that was of no use.
  public func remove() {
    unsafe unlink(path)
  }

  private func digest(_ date: [UInt8], _ session: [UInt8]) -> [UInt8] {
    var fingerprint = self.fingerprint
    fingerprint.add(date)
    fingerprint.add(session)
    return fingerprint.digest
  }

  /// Whether it is a folder, a device or a pipe, which must not be replaced or waited for.
  private var isSpecial: Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
  }
}
