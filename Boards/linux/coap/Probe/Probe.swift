import ArgumentParser
import DeviceCore
import LinuxSupport
import Port
import PortSockets
import PortTLS

struct Probe: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe", abstract: "Try how a server, or a client, keeps the rules of RFC 8323.",
    discussion: """
      Opens a connection for each case, sends what the case has, legal or not, and judges what comes back. With \
      --listen it is a server that each connecting client meets with the next case: run the client again and again, \
      as in  while coap get coap+tcp://127.0.0.1:5685/x; do :; done

      A case conforms, violates a rule, or differs from what is recommended. The exit code is 0 when nothing \
      violates a rule, and 1 otherwise.

      EXAMPLES:
        coap probe coap+tcp://127.0.0.1
        coap probe coaps+tcp://127.0.0.1 --psk-file keys --json
        coap probe coap+tcp://127.0.0.1 --case ping-token --verbose
        coap probe coap+tcp://127.0.0.1 --writable example_data
        coap probe --listen coap+tcp://127.0.0.1:5685
        coap probe --list
      """)

  @Argument(help: "the server, or with --listen where clients come to (coap+tcp only)")
  var uri: String?

  @Flag(help: "Be the server, and try the clients that connect.")
  var listen = false

  @Flag(help: "Print one JSON object.")
  var json = false

  @Flag(help: "List the cases with their rows, and end.")
  var list = false

  @Option(name: .customLong("case"), help: ArgumentHelp("Only this case. Repeatable.", valueName: "name"))
  var cases: [String] = []

  @Option(
    name: .customLong("row"),
    help: ArgumentHelp("Only cases of this row, as T-01. Repeatable.", valueName: "id"))
  var rows: [String] = []

  @Option(
    help: ArgumentHelp(
      "A resource that answers GET; otherwise one is looked for in /.well-known/core.", valueName: "path"))
  var resource: String?

  @Option(
    help: ArgumentHelp(
      "A resource whose content may be overwritten by PUT; without it nothing is written.", valueName: "path")
  )
  var writable: String?

  @Option(help: ArgumentHelp("A resource that takes a while to answer GET.", valueName: "path"))
  var slow: String?

  @Option(help: ArgumentHelp("How long to wait for what has to come.", valueName: "seconds"))
  var timeout = Seconds(2)

  @Option(help: ArgumentHelp("With --listen: how long to wait for the next client.", valueName: "seconds"))
  var clientTimeout = Seconds(60)

  @Flag(name: .shortAndLong, help: "Print all bytes to standard error.")
  var verbose = false

  @OptionGroup(title: "Security") var security: SecurityArguments
  @OptionGroup(title: "Connection") var connection: ConnectionArguments

  func validate() throws {
    if uri == nil && !list { throw ValidationError("the URI is missing") }
    guard timeout.span.rawValue > 0 else { throw ValidationError("--timeout is a time above 0") }
    let known = Set((serverCases + clientCases).map(\.name))
    for name in cases where !known.contains(name) {
      throw ValidationError("there is no case \(name) (see --list)")
    }
    let knownRows = Set((serverCases + clientCases).flatMap(\.rows))
    for row in rows where !knownRows.contains(row) {
      throw ValidationError("there is no case of row \(row) (see --list)")
    }
  }

  /// All that is tried on a server.
  private var serverCases: [ProbeCase] {
    signalCases + capabilitiesCases + framingCases + requestCases + optionCases + writingCases
      + bodyCases + methodCases + discoveryCases
      + upgradeCases + frameCases + securityCases
  }

  /// All that is tried on clients, one a connection.
  private var clientCases: [ProbeCase] { clientExchangeCases + clientFormatCases }

  private func chosen(_ all: [ProbeCase]) -> [ProbeCase] {
    all.filter { one in
      (cases.isEmpty || cases.contains(one.name)) && (rows.isEmpty || one.rows.contains { rows.contains($0) })
    }
  }

  func run() throws {
    if list {
      for one in chosen(listen ? clientCases : serverCases + clientCases) {
        writeLine(
          "\(one.name.padding(to: 27)) \(one.rows.joined(separator: " ").padding(to: 16)) \(one.rule)")
      }
      return
    }
    let report = listen ? try probeClients() : try probeServer()
    report.write(asJSON: json)
    if report.count(.violates) > 0 { throw ExitCode(1) }
  }

  // MARK: A server

  private func probeServer() throws -> ProbeReport {
    let uri = try RequestURI(self.uri!)
    let subject = try examine(uri)
    var report = ProbeReport(subject: self.uri!)
    let all = chosen(serverCases).filter { one in
      switch one.layer {
      case .messages, .stream: true
      case .webSocket: uri.scheme.isWebSocket
      case .security: uri.scheme.isSecured
      }
    }
    var progress = ProbeProgress(total: all.count, isShown: !json)
    for one in all {
      progress.show(one.name)
      if one.layer == .stream && uri.scheme.isWebSocket {
        report.add(one, .skipped("a WebSocket carries whole messages"), sent: "", came: [])
        continue
      }
      let link: ProbeLink
      do throws(Failure) {
        link = try connect(uri, to: one.layer.depth)
      } catch {
        report.add(one, .violates("no connection any more: \(error.description)"), sent: "", came: [])
        continue
      }
      let finding = one.run(link, subject)
      report.add(one, finding, sent: link.sent, came: link.came)
    }
    progress.end()
    return report
  }

  private func connect(
    _ uri: RequestURI, to depth: Server.Depth = .messages
  ) throws(Failure) -> ProbeLink {
    let server = try Server(
      of: uri, connection: connection, security: security, isVerbose: false, to: depth)
    return ProbeLink(server.opened, board: server.machine, patience: timeout.span, trace: verbose)
  }

  /// What there is on this server to try things with.
  ///
  /// - Throws: ``Failure`` when it cannot be reached, or is no server for CoAP.
  private func examine(_ uri: RequestURI) throws(Failure) -> ProbeSubject {
    var subject = ProbeSubject()
    subject.isWebSocket = uri.scheme.isWebSocket
    (subject.port, subject.authority) = (uri.port, uri.authority)
    let link = try connect(uri)
    link.send(capabilities())
    guard let csm = link.receive(), csm.code == .capabilitiesAndSettings else {
      throw Failure("no CSM comes from \(self.uri!): it is no server for CoAP over TCP")
    }
    subject.largestMessage = csm.uint(2) ?? 1152
    subject.hasBlocks = !csm.values(4).isEmpty
    subject.longestToken = csm.uint(6) ?? 8
    link.send(request(".well-known/core"))
    let links = link.receiveAnswer().map { LinkFormat($0.payload).links } ?? []
    if let resource { subject.path = resource }
    subject.writablePath = writable
    subject.slowPath = slow
    subject.links = links
    var number: UInt8 = 0
    var largest = 0
    for one in links.prefix(40) where one.target.hasPrefix("/") {
      let path = String(one.target.dropFirst())
      number += 1
      link.send(request(path, token: [0x70, number]))
      // A resource that answers late is not what is needed.
      guard let answer = link.receiveAnswer(within: Milliseconds(500)), answer.token == [0x70, number],
        answer.code == .content
      else { continue }
      let isLarge = answer.payload.count > 64
      if isLarge && answer.payload.count > largest {
        // What comes in blocks is large enough: which is the largest does not matter.
        largest = answer.values(23).isEmpty ? answer.payload.count : .max
        subject.largePath = path
      }
      if subject.path.isEmpty && !isLarge && resource == nil { subject.path = path }
      if subject.observablePath == nil && one.has("obs") { subject.observablePath = path }
    }
    if subject.path.isEmpty { subject.path = subject.largePath ?? "" }
    if subject.largePath == nil { subject.largePath = links.isEmpty ? nil : ".well-known/core" }
    return subject
  }

  // MARK: Clients

  private func probeClients() throws -> ProbeReport {
    let uri = try RequestURI(self.uri!)
    guard !uri.scheme.isSecured, !uri.scheme.isWebSocket else {
      throw Failure("--listen takes coap+tcp", exitCode: 64)
    }
    let (board, listener, address) = try ProbeListener.make(host: uri.host, port: uri.port)
    complain("waits for clients on coap+tcp://\(address)")
    var report = ProbeReport(subject: "clients of coap+tcp://\(address)")
    var queue = ProbeListener(listener: listener, board: board)
    var isAlone = false
    for one in chosen(clientCases) {
      guard !isAlone, let stream = queue.next(within: clientTimeout.span) else {
        // Whoever did not come once will not come for each of the other cases.
        isAlone = true
        report.add(one, .skipped("no client came within \(clientTimeout) s"), sent: "", came: [])
        continue
      }
      let link = ProbeLink(.plain(.plain(stream)), board: board, patience: timeout.span, trace: verbose)
      let finding = one.run(link, ProbeSubject())
      report.add(one, finding, sent: link.sent, came: link.came)
    }
    return report
  }
}

extension ProbeLayer {
  /// How far a connection is opened for it.
  fileprivate var depth: Server.Depth {
    switch self {
    case .messages, .stream: .messages
    case .webSocket: .security
    case .security: .transport
    }
  }
}

/// Where the clients come in that are tried.
struct ProbeListener {
  var listener: SocketListener
  var board: SocketBoard

  static func make(
    host: String, port: UInt16
  ) throws(Failure) -> (board: SocketBoard, listener: SocketListener, address: SocketAddress) {
    do throws(SocketFailure) {
      let board = try SocketMachine.makeBoard()
      guard let address = SocketAddress(host: host, port: port) else {
        throw SocketFailure("--listen takes a numeric address, as 127.0.0.1")
      }
      let (listener, bound) = try SocketMachine.makeListener(on: address, board: board)
      return (board, listener, bound)
    } catch {
      throw Failure(error.description)
    }
  }

  mutating func next(within span: Milliseconds) -> SocketStream? {
    let deadline = board.now + span
    while !deadline.isReached(at: board.now) {
      if let stream = listener.accept() { return stream }
      board.wait(until: deadline)
    }
    return nil
  }
}
