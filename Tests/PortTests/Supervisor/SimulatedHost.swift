import DeviceCore
import Port

/// A server in a ``SimulatedNetwork``: it keeps what is posted to it, and says what the test wants.
@safe
final class SimulatedHost {
  typealias Storage = ConnectionStorage<1152, 1232, 4, 8>

  let place: DialPlace
  private let board: TestBoard
  /// Whether it takes connections.
  var isUp = true
  /// Whether its cable is out: bytes vanish both ways.
  var isCutOff = false
  /// Whether connections to it count as TLS.
  var isSecured = false
  /// What opening a connection to it comes to, in order; the last one again and again.
  var opening: [OpenResult] = [.open]
  /// What is said of a connection that could not be opened.
  var failure: TLSFailure?
  /// Whether it takes connections and says nothing.
  var isMute = false
  /// Its answers, in order; the last one again and again.
  var answers: [Answer] = [Answer(.changed)]
  /// What was posted, every time that it was.
  fileprivate(set) var posted: [[UInt8]] = []
  /// Connections that were accepted.
  private(set) var acceptedCount = 0
  private var accepted: [Accepted] = []

  struct Answer {
    var code: Code
    var maxAge: UInt32?
    /// There is none: the request waits for ever.
    var isMissing = false

    init(_ code: Code, maxAge: UInt32? = nil) {
      self.code = code
      self.maxAge = maxAge
    }

    static var none: Answer {
      var answer = Answer(.changed)
      answer.isMissing = true
      return answer
    }
  }

  /// A connection that was accepted.
  private final class Accepted {
    let stream: SimulatedStream
    let storage = Pinned(Storage())
    var endpoint: Endpoint<SimulatedStream>
    var service: HostService

    init(_ stream: SimulatedStream, _ host: SimulatedHost, at now: Instant) {
      self.stream = stream
      let memory = unsafe Storage.memory(of: storage.pointer)
      endpoint = Endpoint(
        connection: Connection(role: .acceptor, memory: memory, firstToken: 0, at: now), stream: stream)
      service = HostService(host)
    }
  }

  init(_ place: DialPlace, board: TestBoard) {
    self.place = place
    self.board = board
  }

  func accept(_ flow: Flow) {
    acceptedCount += 1
    accepted.append(Accepted(SimulatedStream(flow: flow, isDevice: false), self, at: board.now))
  }

  func pump() {
    guard !isMute else { return }
    for each in accepted {
      while each.endpoint.pump(&each.service, at: board.now) == .busy {}
    }
    accepted.removeAll { $0.endpoint.connection.isOver }
  }

  var deadline: Instant? {
    guard !isMute else { return nil }
    return accepted.compactMap { $0.endpoint.connection.deadline }.min { $0.isBefore($1) }
  }

  /// Events of the newest connection.
  var events: [Event] { accepted.last?.service.events ?? [] }
  /// Events of all connections.
  fileprivate(set) var allEvents: [Event] = []
  var connectionCount: Int { accepted.count }

  /// Sends these bytes on the newest connection.
  func send(_ bytes: [UInt8]) {
    guard let accepted = accepted.last else { return }
    var stream = accepted.stream
    _ = stream.write(bytes)
  }

  /// Closes the newest connection without a word.
  func close() {
    var stream = accepted.last?.stream
    stream?.close()
    _ = accepted.popLast()
  }

  /// Asks the device on the newest connection.
  func ask(_ method: Code, _ path: StaticString, _ payload: [UInt8] = []) throws {
    _ = try accepted.last?.endpoint.connection.request(method, at: board.now) {
      writer throws(WriteError) in
      try writer.append(path: path)
      try writer.append(payload: payload.span)
    }
  }

  /// The payload of the last response of the device.
  fileprivate(set) var responses: [[UInt8]] = []
}

/// What a host does on one connection.
private struct HostService: EndpointDelegate {
  var events: [Event] = []
  private var handler: HostHandler
  private let host: SimulatedHost

  init(_ host: SimulatedHost) {
    self.host = host
    handler = HostHandler(host: host)
  }

  mutating func handle(_ event: Event, on connection: inout Connection, at now: Instant) {
    events.append(event)
    host.allEvents.append(event)
    if event == .request { connection.serve(&handler, at: now) }
    if case .response = event, let message = connection.message {
      host.responses.append(array(message.payload))
    }
  }
}

/// Notes what is posted, and answers as the host says.
private struct HostHandler: RequestHandler {
  let host: SimulatedHost

  mutating func respond(to request: Request, _ response: inout Response) {
    host.posted.append(array(request.payload))
    let answer = host.answers.count > 1 ? host.answers.removeFirst() : host.answers[0]
    if answer.isMissing {
      _ = try? response.postpone()
      return
    }
    response.begin(answer.code)
    if let maxAge = answer.maxAge { response.append(.maxAge, uint: maxAge) }
  }
}

extension TestMessage {
  /// A Release with these addresses and this time to stay away.
  static func release(_ addresses: [String] = [], holdOff: UInt32? = nil) -> [UInt8] {
    var options: [UInt8] = []
    for (index, address) in addresses.enumerated() {
      options += option(delta: index == 0 ? 2 : 0, Array(address.utf8))
    }
    if let holdOff {
      let bytes = [UInt8(holdOff >> 16), UInt8(holdOff >> 8 & 255), UInt8(holdOff & 255)]
      options += option(delta: addresses.isEmpty ? 4 : 2, Array(bytes.drop { $0 == 0 }))
    }
    guard options.count >= 13 else { return [UInt8(options.count) << 4, 0xe4] + options }
    if options.count < 269 { return [0xd0, UInt8(options.count - 13), 0xe4] + options }
    let rest = options.count - 269
    return [0xe0, UInt8(rest >> 8), UInt8(rest & 255), 0xe4] + options
  }

  private static func option(delta: UInt8, _ value: [UInt8]) -> [UInt8] {
    value.count < 13
      ? [delta << 4 | UInt8(value.count)] + value : [delta << 4 | 13, UInt8(value.count - 13)] + value
  }
}
