import ArgumentParser
import DeviceCore
import LinuxSupport
import Port
import PortSockets

/// An address to listen on, from a URI without a path.
struct ListenAddress: ExpressibleByArgument, CustomStringConvertible {
  let host: String
  let port: UInt16

  static let standard = ListenAddress(host: "127.0.0.1", port: 5683)

  init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  init?(argument: String) {
    let prefix = "coap+tcp://"
    guard argument.lowercased().hasPrefix(prefix) else { return nil }
    var rest = argument.dropFirst(prefix.count)
    if rest.hasSuffix("/") { rest.removeLast() }
    var port: UInt16 = 5683
    if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("]") {
      let digits = rest[rest.index(after: colon)...]
      guard digits.isEmpty || UInt16(digits) != nil else { return nil }
      port = UInt16(digits) ?? port
      rest = rest[..<colon]
    }
    if rest.hasPrefix("[") && rest.hasSuffix("]") {
      rest = rest.dropFirst().dropLast()
    }
    guard !rest.isEmpty, SocketAddress(host: String(rest), port: port) != nil else { return nil }
    self.init(host: String(rest), port: port)
  }

  var isLoopback: Bool { SocketAddress(host: host, port: port)?.isLoopback ?? false }

  var description: String {
    "coap+tcp://" + (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
  }

  var defaultValueDescription: String { description }
}

/// A listener that is open, and its address with the port that it really has.
struct OpenListener {
  let address: ListenAddress
  let listener: SocketListener

  init(_ address: ListenAddress, board: SocketBoard) throws {
    let (listener, port) = try SocketMachine.makeListener(
      host: address.host, port: address.port, board: board)
    self.listener = listener
    self.address = ListenAddress(host: address.host, port: port)
  }
}

/// Several listeners as one; each gets its turn.
struct ListenerGroup<Member: Listener>: Listener {
  private var members: [Member]
  private var next = 0

  init(_ members: [Member]) {
    self.members = members
  }

  mutating func accept() -> Member.Stream? {
    for _ in members.indices {
      next = (next + 1) % members.count
      if let stream = members[next].accept() { return stream }
    }
    return nil
  }
}

/// Wraps every stream so that its messages are printed.
struct TracingListener<Base: Listener>: Listener {
  private var base: Base
  private let sink: (String) -> Void
  private var count = 0

  init(_ base: Base, sink: @escaping (String) -> Void) {
    self.base = base
    self.sink = sink
  }

  mutating func accept() -> TracingStream<Base.Stream>? {
    guard let stream = base.accept() else { return nil }
    count += 1
    return TracingStream(stream, label: "\(count)", sink: sink)
  }
}
