import ArgumentParser
import DeviceCore
import LinuxSupport
import Port
import PortSockets

/// An address to listen on, from a URI without a path.
struct ListenAddress: CustomStringConvertible {
  private let scheme: URIScheme
  private let socket: SocketAddress

  static let standard = "coap+tcp://127.0.0.1:5683"
  static let securedStandard = "coaps+tcp://127.0.0.1:5684"

  /// - Throws: what is wrong, in a line for a person.
  init(uri text: String) throws {
    let bytes = Array(text.utf8)
    let uri: CoAPURI
    do throws(URIError) {
      uri = try CoAPURI(bytes.span)
    } catch {
      throw ValidationError("\(error.fault.text) (at character \(error.offset + 1))")
    }
    guard uri.isRoot else { throw ValidationError("an address to listen on has no path and no query") }
    var host = ""
    for index in uri.host.indices { host.unicodeScalars.append(Unicode.Scalar(uri.host[index])) }
    guard let socket = SocketAddress(host: host, port: uri.port) else {
      throw ValidationError("a numeric address is needed, as in \(ListenAddress.standard)")
    }
    self.init(uri.scheme, socket)
  }

  private init(_ scheme: URIScheme, _ socket: SocketAddress) {
    self.scheme = scheme
    self.socket = socket
  }

  var isLoopback: Bool { socket.isLoopback }

  /// Whether TLS protects what comes in here.
  var isSecured: Bool { scheme.isSecured }

  /// Whether messages come in WebSocket frames.
  var isWebSocket: Bool { scheme.isWebSocket }

  /// Whether a URI need not name the port.
  var hasDefaultPort: Bool { socket.port == scheme.defaultPort }

  var description: String { "\(scheme.name)://\(socket)" }

  /// The origins of pages that are handed out here, as browsers on this machine name them.
  var pageOrigins: [String] {
    guard isWebSocket else { return [] }
    let scheme = isSecured ? "https" : "http"
    let port = socket.port == (isSecured ? 443 : 80) ? "" : ":\(socket.port)"
    let address = "\(socket)".dropLast(":\(socket.port)".count)
    return ["\(scheme)://\(address)\(port)"] + (isLoopback ? ["\(scheme)://localhost\(port)"] : [])
  }

  /// As short as a URI can name it.
  var shortURI: String {
    hasDefaultPort ? String(description.dropLast(":\(socket.port)".count)) : description
  }

  /// Opens it.
  func listen(board: SocketBoard) throws(SocketFailure) -> OpenListener {
    let (listener, address) = try SocketMachine.makeListener(on: socket, board: board)
    return OpenListener(address: ListenAddress(scheme, address), listener: listener)
  }
}

/// A listener that is open, and its address with the port that it really has.
struct OpenListener {
  let address: ListenAddress
  let listener: SocketListener
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
