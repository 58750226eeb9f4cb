import CMbedTLS
import Port
import PortTLS
import Testing

typealias TestStream = TLSStream<FaultInjector<LoopbackStream>>

/// One end of a ``TLSPair``.
final class TLSEnd {
  var stream: TestStream
  let faults: Faults
  private(set) var result = OpenResult.nothingYet
  /// Why TLS gave up here; kept when the stream is closed.
  private(set) var failure: TLSFailure?
  private(set) var isClosed = false
  /// What is to be sent, how much of it was taken, and what has come.
  var toSend: [UInt8] = []
  private(set) var sentCount = 0
  private(set) var received: [UInt8] = []
  /// What reading led to last.
  private(set) var arrival = Arrival.nothingYet

  init(_ stream: TestStream, _ faults: Faults) {
    self.stream = stream
    self.faults = faults
  }

  deinit { close() }

  var isOpen: Bool { result == .open && !isClosed }

  func advanceHandshake() {
    guard !isClosed else { return }
    if result == .open {
      // The other end may not have got so far.
      if read() == .failed { close() }
      return
    }
    result = stream.open()
    failure = stream.failure ?? failure
    if result == .failed { close() }
  }

  func read(atMost count: Int = 4096) -> Arrival {
    arrival = stream.read(atMost: count)
    if case .bytes(let bytes) = arrival { received += bytes }
    failure = stream.failure ?? failure
    return arrival
  }

  func write() {
    guard sentCount < toSend.count else { return }
    switch stream.write(Array(toSend[sentCount...])) {
    case .bytes(let count): sentCount += count
    case .nothingYet: break
    case .failed: failure = stream.failure ?? failure
    }
  }

  /// Forgets what was sent and received.
  func begin(sending bytes: [UInt8]) {
    toSend = bytes
    sentCount = 0
    received = []
  }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    stream.close()
  }

  /// Changes whenever anything does.
  fileprivate var state: [Int] {
    [faults.written.count, faults.readCount, sentCount, received.count]
      + [isClosed, isOpen, faults.isFinished].map { $0 ? 1 : 0 }
  }
}

/// A client and a server of TLS in one process, joined by a loopback.
final class TLSPair {
  let client: TLSEnd
  let server: TLSEnd
  /// What is under both, without faults.
  let loopback: LoopbackPair
  /// Neither end went on: one was given up as a deadline would do.
  private(set) var wasStuck = false

  init(
    _ clientSide: TLSSide, _ serverSide: TLSSide, host: String = "", saved: [UInt8] = [],
    clientRequiresProtocol: Bool = false, serverRequiresProtocol: Bool = false, capacity: Int = 20_000,
    piece: Int = .max
  ) throws {
    loopback = LoopbackPair(capacity: capacity)
    let clientFaults = Faults(holding: loopback, clientSide)
    let serverFaults = Faults(holding: loopback, serverSide)
    for faults in [clientFaults, serverFaults] {
      faults.longestRead = piece
      faults.longestWrite = piece
    }
    var board = clientSide.board
    let dialled = TestStream(
      dialling: FaultInjector(loopback.one, clientFaults), server: Array(host.utf8).span,
      context: clientSide.context, sessions: clientSide.sessions, board: &board, saved: saved.span,
      requiresApplicationProtocol: clientRequiresProtocol)
    client = TLSEnd(try #require(dialled), clientFaults)
    var listener = SecurableListener(
      securing: SingleStreamListener(FaultInjector(loopback.other, serverFaults)),
      context: serverSide.context, sessions: serverSide.sessions, board: serverSide.board,
      requiresApplicationProtocol: serverRequiresProtocol)
    let accepted = listener.accept()
    guard case .secured(let secured) = try #require(accepted) else { fatalError() }
    server = TLSEnd(secured, serverFaults)
  }

  /// By both ends together.
  var writtenCount: Int { client.faults.written.count + server.faults.written.count }

  func close() {
    client.close()
    server.close()
  }

  /// Advances both handshakes until each is over, one way or the other.
  ///
  /// - Returns: whether both ends are open.
  @discardableResult
  func shakeHands() -> Bool {
    run { client, server in
      client.advanceHandshake()
      server.advanceHandshake()
      return (client.isOpen || client.isClosed) && (server.isOpen || server.isClosed)
    }
    return client.isOpen && server.isOpen
  }

  /// A pair with both ends open.
  static func open(
    _ clientSide: TLSSide? = nil, _ serverSide: TLSSide? = nil, capacity: Int = 20_000, piece: Int = .max
  ) throws -> TLSPair {
    let pair = try TLSPair(
      clientSide ?? TLSSide(.client, suite: MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8),
      serverSide ?? TLSSide(.server), capacity: capacity, piece: piece)
    try #require(pair.shakeHands())
    return pair
  }

  /// After a handshake on a bad line: either bytes pass, or each end knows why not. One that was given up as by
  /// a deadline does not.
  func expectSoundOrFailed(_ place: Comment, sourceLocation: SourceLocation = #_sourceLocation) {
    if client.isOpen && server.isOpen {
      exchange(toServer: [1, 2, 3], toClient: [4])
      #expect(server.received == [1, 2, 3], place, sourceLocation: sourceLocation)
      #expect(client.received == [4], place, sourceLocation: sourceLocation)
    } else {
      let failures = [client.failure, server.failure].compactMap { $0 }
      #expect(failures.count >= (wasStuck ? 1 : 2), place, sourceLocation: sourceLocation)
    }
  }

  /// Sends both ways at the same time, until all has come or nothing more comes.
  func exchange(toServer: [UInt8] = [], toClient: [UInt8] = [], readingAtMost space: Int = 4096) {
    client.begin(sending: toServer)
    server.begin(sending: toClient)
    transfer(readingAtMost: space)
  }

  /// Goes on with what was begun.
  func transfer(readingAtMost space: Int = 4096) {
    run(givesUp: false) { client, server in
      for end in [client, server] where !end.isClosed {
        end.write()
        _ = end.read(atMost: space)
      }
      return client.received.count == server.toSend.count && server.received.count == client.toSend.count
    }
  }

  private func run(givesUp: Bool = true, _ step: (TLSEnd, TLSEnd) -> Bool) {
    var idleRounds = 0
    while true {
      let before = [client.state, server.state]
      if step(client, server) { return }
      // A round may compute without moving a byte.
      idleRounds = before == [client.state, server.state] ? idleRounds + 1 : 0
      guard idleRounds > 20 else { continue }
      guard givesUp else { return }
      wasStuck = true
      (client.isOpen || client.isClosed ? server : client).close()
      idleRounds = 0
    }
  }
}

extension TLSEnd {
  func savedSession(capacity: Int = 4096) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: capacity)
    var space = bytes.mutableSpan
    return stream.saveSession(into: &space).map { Array(bytes.prefix($0)) }
  }
}
