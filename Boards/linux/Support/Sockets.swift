import CSockets
import DeviceCore
import Glibc
import Port

/// A numeric IPv4 or IPv6 address with a TCP port.
public struct SocketAddress: CustomStringConvertible {
  fileprivate var raw: csockets_address

  fileprivate init(_ raw: csockets_address) {
    self.raw = raw
  }

  /// Reads a numeric address, IPv6 with or without brackets; nil for a name.
  public init?(host: String, port: UInt16) {
    var raw = csockets_address()
    guard unsafe csockets_address_parse(withoutBrackets(host), port, &raw) else { return nil }
    self.raw = raw
  }

  public var port: UInt16 { unsafe withRaw { unsafe csockets_address_port($0) } }

  /// Whether it is 127.0.0.0/8 or ::1: nobody outside this machine can reach it.
  public var isLoopback: Bool { unsafe withRaw { unsafe csockets_address_is_loopback($0) } }

  /// `127.0.0.1:5683`, `[::1]:5683`.
  public var description: String {
    var text = [CChar](repeating: 0, count: 64)
    unsafe withRaw { unsafe csockets_address_text($0, &text, 64) }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The same as a place to dial.
  public var place: DialPlace? {
    let text = description
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let host = Array(withoutBrackets(String(text[..<colon])).utf8)
    return DialPlace(host.span, port: port)
  }

  @unsafe
  private func withRaw<Result>(_ body: (UnsafePointer<csockets_address>) -> Result) -> Result {
    unsafe withUnsafePointer(to: raw) { unsafe body($0) }
  }
}

/// All addresses of a host name or of a numeric address, in the order in which to try them. Blocks while
/// the name is looked up.
///
/// - Throws: when there is none.
public func addresses(of host: String, port: UInt16) throws(SocketFailure) -> [SocketAddress] {
  if let address = SocketAddress(host: host, port: port) { return [address] }
  var found: [SocketAddress] = []
  var raw = csockets_address()
  while unsafe csockets_address_resolve(host, port, UInt32(found.count), &raw) {
    found.append(SocketAddress(raw))
  }
  guard !found.isEmpty else { throw SocketFailure("cannot find an address of \(host)") }
  return found
}

/// A listening non-blocking socket.
///
/// - Returns: the descriptor, and the address with the port that the system chose if it was 0.
public func listenSocket(
  on address: SocketAddress, backlog: Int32 = 128
) throws(SocketFailure) -> (descriptor: Int32, address: SocketAddress) {
  var reason: Int32 = 0
  let descriptor = unsafe withUnsafePointer(to: address.raw) {
    unsafe csockets_listen($0, backlog, &reason)
  }
  guard descriptor >= 0 else {
    throw SocketFailure("cannot listen on \(address)", reason: reason)
  }
  var local = csockets_address()
  guard unsafe csockets_local_address(descriptor, &local) else {
    csockets_close(descriptor)
    throw SocketFailure("cannot tell the port of the listener on \(address)")
  }
  return (descriptor, SocketAddress(local))
}

/// Connects without blocking for longer than `timeout`.
///
/// - Returns: the descriptor of a connected non-blocking socket with TCP_NODELAY.
/// - Throws: a line that names the address.
public func connectSocket(
  to address: SocketAddress, timeout: Milliseconds
) throws(SocketFailure) -> Int32 {
  var reason: Int32 = 0
  let descriptor = unsafe withUnsafePointer(to: address.raw) {
    unsafe csockets_connect($0, &reason)
  }
  guard descriptor >= 0 else { throw connectFailure(address, reason: reason) }
  guard waitUntilWritable(descriptor, timeout: timeout) else {
    csockets_close(descriptor)
    throw connectFailure(address, reason: ETIMEDOUT)
  }
  reason = csockets_error(descriptor)
  guard reason == 0 else {
    csockets_close(descriptor)
    throw connectFailure(address, reason: reason)
  }
  return descriptor
}

/// Connects to the first address of `host` that takes the connection.
///
/// - Parameter timeout: for each address.
/// - Throws: the failure of the last address when none does.
public func connectSocket(
  host: String, port: UInt16, timeout: Milliseconds
) throws(SocketFailure) -> (descriptor: Int32, address: SocketAddress) {
  let candidates = try addresses(of: host, port: port)
  var failure: SocketFailure?
  for address in candidates {
    do {
      return (try connectSocket(to: address, timeout: timeout), address)
    } catch {
      failure = error
    }
  }
  throw failure ?? SocketFailure("cannot find an address of \(host)")
}

/// The other end of a connected socket, or nil when there is none any more.
public func peerAddress(of descriptor: Int32) -> SocketAddress? {
  var raw = csockets_address()
  guard unsafe csockets_peer_address(descriptor, &raw) else { return nil }
  return SocketAddress(raw)
}

/// What the operating system calls an error number.
public func systemErrorText(_ reason: Int32) -> String {
  unsafe String(cString: csockets_error_text(reason))
}

private func connectFailure(_ address: SocketAddress, reason: Int32) -> SocketFailure {
  switch reason {
  case ECONNREFUSED: SocketFailure("connection refused by \(address)")
  case ETIMEDOUT: SocketFailure("no answer from \(address)")
  default: SocketFailure("cannot connect to \(address)", reason: reason)
  }
}

private func waitUntilWritable(_ descriptor: Int32, timeout: Milliseconds) -> Bool {
  let deadline = Instant(rawValue: csockets_now()) + timeout
  while true {
    let left = deadline.since(Instant(rawValue: csockets_now()))
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    let count = unsafe poll(&entry, 1, Int32(left.rawValue))
    if count > 0 { return true }
    // Interrupted by a signal: go on with the time that is left.
    guard count < 0, errno == EINTR else { return false }
  }
}

private func withoutBrackets(_ host: String) -> String {
  host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
}
