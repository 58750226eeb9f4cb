import DeviceCore

/// A client and a server joined by a simulated transport with virtual time. How the bytes are cut is
/// drawn from a seed; nothing else is left to chance.
struct Pair: ~Copyable {
  var client: TestEnd
  var server: TestEnd
  var toServer: Wire
  var toClient: Wire
  var random: Random
  /// The most bytes that one read or write moves.
  var largestPiece: Int
  private var isClientClosed = false
  private var isServerClosed = false

  @inline(never)
  init(
    seed: UInt32, largestPiece: Int = 64, wireCapacity: Int = 4096,
    clientLimits: Limits = Limits(), serverLimits: Limits = Limits(),
    clientSizes: Sizes = Sizes(), serverSizes: Sizes = Sizes()
  ) {
    client = TestEnd(
      .initiator, slot: .client, limits: clientLimits, sizes: clientSizes, peerCSM: "",
      firstToken: seed &* 0x9e37_79b9)
    // The same count of tokens on both sides: they are local to a direction.
    server = TestEnd(
      .acceptor, slot: .server, limits: serverLimits, sizes: serverSizes, peerCSM: "",
      firstToken: seed &* 0x9e37_79b9)
    toServer = Wire(.toServer, capacity: wireCapacity)
    toClient = Wire(.toClient, capacity: wireCapacity)
    random = Random(seed: seed)
    self.largestPiece = largestPiece
  }

  var now: Instant { client.now }
  var areBothOpen: Bool { client.connection.isOpen && server.connection.isOpen }
  var areBothOver: Bool { client.connection.isOver && server.connection.isOver }

  /// Moves a piece in each direction and lets both ends act on it.
  ///
  /// - Returns: whether anything moved.
  @inline(never)
  mutating func step() -> Bool {
    client.pollAll()
    client.connection.serveDeferred(&client.handler, at: client.now)
    server.pollAll()
    server.connection.serveDeferred(&server.handler, at: server.now)
    let hasMoved = move()
    client.pollAll()
    server.pollAll()
    return hasMoved
  }

  /// Moves a piece in each direction.
  ///
  /// - Returns: whether anything moved.
  @inline(never)
  mutating func move() -> Bool {
    var hasMoved = Pair.write(&client, &toServer, &isClientClosed, largest: piece())
    if Pair.write(&server, &toClient, &isServerClosed, largest: piece()) { hasMoved = true }
    if toServer.read(into: &server.connection, largest: piece(), at: server.now) { hasMoved = true }
    if toClient.read(into: &client.connection, largest: piece(), at: client.now) { hasMoved = true }
    return hasMoved
  }

  /// Steps until nothing moves any more.
  ///
  /// - Returns: false when that takes suspiciously long.
  @inline(never)
  mutating func settle() -> Bool {
    var idleSteps = 0
    for _ in 0..<400_000 {
      idleSteps = step() ? 0 : idleSteps + 1
      if idleSteps == 3 { return true }
    }
    return false
  }

  @inline(never)
  mutating func wait(_ milliseconds: UInt32) {
    client.now = client.now + Milliseconds(milliseconds)
    server.now = client.now
    _ = settle()
  }

  /// Lets time pass until both are over or no timer runs.
  @inline(never)
  mutating func waitForTheEnd() {
    for _ in 0..<64 {
      _ = settle()
      var next = client.connection.deadline
      if let other = server.connection.deadline, next == nil || other.isBefore(next!) { next = other }
      guard !areBothOver, let next else { return }
      if client.now.isBefore(next) {
        client.now = next
        server.now = next
      }
    }
  }

  private mutating func piece() -> Int { 1 + random.below(largestPiece) }

  @inline(never)
  private static func write(
    _ end: inout TestEnd, _ wire: inout Wire, _ isClosed: inout Bool, largest: Int
  ) -> Bool {
    if isClosed { return false }
    let count = wire.write(outputOf: end.connection, largest: largest)
    end.connection.didSend(count, at: end.now)
    switch end.connection.transportAction {
    case .keepOpen: return count > 0
    case .finishWriting:
      wire.end()
      end.connection.didFinishWriting(at: end.now)
    case .close:
      wire.end()
      isClosed = true
    }
    return true
  }
}

extension Checker {
  /// Both ends told a legal story.
  @inline(never)
  mutating func expectLegal(
    _ pair: borrowing Pair, file: StaticString = #fileID, line: UInt32 = #line
  ) {
    expectLegal(pair.client, file: file, line: line)
    expectLegal(pair.server, file: file, line: line)
  }
}
