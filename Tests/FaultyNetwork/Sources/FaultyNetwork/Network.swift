import DeviceCore
import Port

/// One direction of a connection: what is under way, in order, and when it arrives.
final class Pipe {
  private var segments: [(bytes: ArraySlice<UInt8>, arrival: UInt32)] = []
  /// Whether the reader knows of the first segment.
  private var isAnnounced = false
  /// Whether the writer has offered more than was taken, and waits to hear of room.
  private(set) var isWriterWaiting = false
  private var lastLook: UInt32
  /// The ends that write and read.
  private let writer: Int, reader: Int
  private var underWay = 0
  private let capacity: Int
  private var accepted = 0
  private let endAt: Int?
  private let resetAt: Int?
  /// Behind the last segment comes a reset.
  private(set) var isReset = false
  private var lastArrival: UInt32
  private var stalledUntil: UInt32
  /// The writer will write no more.
  var isFinished = false {
    didSet { world.wake(reader) }
  }
  /// What is written is lost, and nobody is told.
  var isHole = false
  let world: World

  init(_ world: World, from writer: Int, to reader: Int) {
    self.world = world
    (self.writer, self.reader) = (writer, reader)
    capacity = 1 + world.chance.below(world.chance.oneIn(3) ? 200 : 6000)
    endAt = world.happens(.ends, 8) ? world.chance.below(world.chance.oneIn(2) ? 40 : 4000) : nil
    resetAt = world.happens(.resets, 8) ? world.chance.below(world.chance.oneIn(2) ? 40 : 4000) : nil
    lastArrival = world.time
    lastLook = world.time
    stalledUntil = world.time
  }

  /// - Returns: the bytes that were taken, and whether this breaks the connection.
  func write(_ bytes: [UInt8]) -> (taken: ArraySlice<UInt8>, isReset: Bool) {
    var count = min(capacity - underWay, bytes.count)
    if count > 1, world.happens(.shortWrites, 4) { count = 1 + world.chance.below(count) }
    isWriterWaiting = count < bytes.count
    // There is room: the writer hears of that at once.
    if isWriterWaiting, underWay + count < capacity { world.wake(writer) }
    guard count > 0 else { return ([], false) }
    let taken = bytes[..<count]
    var arriving = taken
    if world.plant == .corruptByte, world.chance.oneIn(40) { arriving[world.chance.below(count)] ^= 0x20 }
    let before = accepted
    accepted += count
    world.count(.bytes, count)
    world.moves += 1
    if let resetAt, accepted > resetAt {
      // What stands before the reset may still arrive.
      if !isHole, !isFinished { send(arriving.prefix(resetAt - before)) }
      isReset = true
      return (taken.prefix(resetAt - before), true)
    }
    if isHole || isFinished { return (taken, false) }
    if let endAt, accepted > endAt {
      arriving = arriving.prefix(endAt - before)
      isFinished = true
    }
    send(arriving)
    return (taken, false)
  }

  private func send(_ bytes: ArraySlice<UInt8>) {
    guard !bytes.isEmpty else { return }
    var delay = UInt32(world.chance.below(3))
    if world.happens(.delays, 4) {
      delay += UInt32(world.chance.below(world.chance.oneIn(10) ? 20_000 : 300))
    }
    if world.happens(.stalls, 60) {
      stalledUntil = world.time &+ UInt32(world.chance.below(world.chance.oneIn(4) ? 90_000 : 5000))
    }
    // A stream keeps its order; other streams may be faster.
    var arrival = world.time &+ delay
    if isBefore(arrival, lastArrival) { arrival = lastArrival }
    lastArrival = arrival
    segments.append((bytes, arrival))
    underWay += bytes.count
  }

  /// Whether the reader has come to the reset.
  var isBroken: Bool { isReset && segments.isEmpty }

  /// The next bytes for the reader, at most `count`; nil for the end.
  func read(_ count: Int) -> ArraySlice<UInt8>? {
    lastLook = world.time
    guard !isHole, !segments.isEmpty else { return !isHole && isFinished ? nil : [] }
    var bytes: ArraySlice<UInt8> = []
    let limit = count > 1 && world.happens(.cuts, 2) ? 1 + world.chance.below(count) : count
    while bytes.count < limit, hasArrived {
      let part = segments[0].bytes.prefix(limit - bytes.count)
      bytes += part
      segments[0].bytes.removeFirst(part.count)
      if segments[0].bytes.isEmpty { segments.removeFirst() }
    }
    guard !bytes.isEmpty else {
      isAnnounced = false
      return []
    }
    // Whoever has filled all the space asks again without being told; others hear of the rest.
    isAnnounced = bytes.count == count && hasArrived
    if bytes.count < count, segments.isEmpty, isFinished || isReset { world.wake(reader) }
    underWay -= bytes.count
    if isWriterWaiting {
      isWriterWaiting = false
      world.wake(writer)
    }
    world.moves += 1
    return bytes
  }

  private var hasArrived: Bool {
    guard !isHole, let first = segments.first else { return false }
    return !isBefore(world.time, first.arrival) && !isBefore(world.time, stalledUntil)
  }

  /// Tells the reader of what has arrived, once.
  func announce() {
    guard hasArrived, !isAnnounced else { return }
    isAnnounced = true
    world.wake(reader)
  }

  /// For how long the reader has left alone what it knows of.
  var neglect: UInt32 {
    guard hasArrived else { return 0 }
    var since = world.lastJump
    for moment in [lastLook, segments[0].arrival, stalledUntil] where isBefore(since, moment) {
      since = moment
    }
    return world.time &- since
  }

  var hasUnread: Bool { !segments.isEmpty }

  /// When something arrives.
  var next: UInt32? {
    guard !isHole, let first = segments.first else { return nil }
    return isBefore(first.arrival, stalledUntil) ? stalledUntil : first.arrival
  }
}

func isBefore(_ left: UInt32, _ right: UInt32) -> Bool {
  Instant(rawValue: left).isBefore(Instant(rawValue: right))
}

/// A TCP connection between a client and the server.
final class Link {
  let world: World
  /// From the client, and from the server.
  let pipes: [Pipe]
  /// The client's end; that of the server is 0.
  let client: Int
  let opening: UInt32
  private var isAnnounced = false
  let isRefused: Bool
  /// For the client, and for the server.
  private var areBroken = [false, false]
  private var closeCounts = [0, 0]
  /// What each of them sends.
  let wires: [Wire]
  let number: Int

  init(_ world: World, client: Int) {
    self.world = world
    self.client = client
    pipes = [Pipe(world, from: client, to: 0), Pipe(world, from: 0, to: client)]
    isRefused = world.happens(.refusals, 10)
    opening = world.time &+ UInt32(world.chance.below(100))
    world.count(.connections)
    number = world.tally[Tally.connections.rawValue]
    wires = ["client", "server"].map { [number] role in
      let name = "\(role) of connection \(number)"
      return Wire(world, name, world.isWebSocket ? WebSocketWire(isClient: role == "client") : nil)
    }
    world.note("connection \(number) is dialled\(isRefused ? ", refused" : "")")
  }

  /// Tells both ends what they cannot know yet.
  func announce() {
    if !isAnnounced, !isBefore(world.time, opening) {
      isAnnounced = true
      wakeBoth()
    }
    for pipe in pipes { pipe.announce() }
  }

  private func wakeBoth() {
    world.wake(0)
    world.wake(client)
  }

  /// Whoever writes learns of a reset now; the other one when it has read what came before, or now too.
  func reset(by side: Int) {
    areBroken[side] = true
    if world.chance.oneIn(2) { areBroken[1 - side] = true }
    pipes[1 - side].isHole = true
    wakeBoth()
    world.moves += 1
    world.note("connection \(number) is reset")
  }

  /// Nothing arrives any more, not even a reset.
  var isSilent: Bool { pipes[0].isHole }

  func isBroken(for side: Int) -> Bool { isRefused || areBroken[side] || pipes[1 - side].isBroken }

  var isBroken: Bool { isBroken(for: 0) && isBroken(for: 1) }

  func close(_ side: Int) {
    closeCounts[side] += 1
    if closeCounts[side] > 1 { world.complain("connection \(number) is closed twice by side \(side)") }
    pipes[side].isFinished = true
    // What comes for an end that is closed is answered with a reset, and that may overtake what it said last.
    if pipes[1 - side].hasUnread, world.chance.oneIn(2) { areBroken[1 - side] = true }
    wakeBoth()
    world.moves += 1
    world.note("connection \(number) is closed by side \(side)")
  }

  func isClosed(by side: Int) -> Bool { closeCounts[side] > 0 }

  /// Nobody may sleep beside bytes that it could read. There may be no space as long as an answer waits for room, or
  /// for one that was put off.
  func expectNoNeglect() {
    for side in 0..<2 where !isClosed(by: side) && !isBroken(for: side) {
      let neglect = pipes[1 - side].neglect
      if neglect > 10_000, !pipes[side].isWriterWaiting {
        world.complain("side \(side) of connection \(number) lets bytes lie for \(neglect) ms")
      }
    }
  }
}

struct SimulatedStream: ByteStream {
  let link: Link
  let side: Int

  mutating func open() -> OpenResult {
    guard side == 0 else { return .open }
    if link.isRefused { return .failed }
    return isBefore(link.world.time, link.opening) ? .nothingYet : .open
  }

  mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    guard !link.isBroken(for: side) else { return .failed }
    guard let bytes = link.pipes[1 - side].read(space.count) else { return .end }
    guard !bytes.isEmpty else { return .nothingYet }
    for (index, byte) in bytes.enumerated() { space[index] = byte }
    link.world.note("connection \(link.number) side \(side) reads \(bytes.count)")
    return .bytes(bytes.count)
  }

  mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    guard !link.isBroken(for: side), !link.isClosed(by: 1 - side) || link.isSilent else { return .failed }
    let world = link.world
    if !link.pipes[0].isHole, world.happens(.halfOpen, 120) {
      for pipe in link.pipes { pipe.isHole = true }
      world.note("connection \(link.number) has become a hole")
    }
    var copy = bytes.withUnsafeBufferPointer { Array($0) }
    // Taken, and never sent.
    if world.plant == .loseByte, copy.count > 1, world.chance.oneIn(200) {
      copy.remove(at: world.chance.below(copy.count))
    }
    let (taken, isReset) = link.pipes[side].write(copy)
    link.wires[side].take(taken, from: link.wires[1 - side])
    if isReset {
      link.reset(by: side)
      return .failed
    }
    guard !taken.isEmpty else { return .nothingYet }
    world.note("connection \(link.number) side \(side) writes \(taken.count)")
    return .bytes(taken.count)
  }

  mutating func finishWriting() {
    link.pipes[side].isFinished = true
    link.wires[side].finish()
    link.world.moves += 1
  }

  mutating func close() {
    if link.world.plant == .keepSlot, side == 1, link.world.chance.oneIn(50) { return }
    link.close(side)
  }
}

/// Every connection there was, and those that the server has not accepted yet.
final class Network {
  let world: World
  private(set) var links: [Link] = []
  private var waiting: [Link] = []

  init(_ world: World) { self.world = world }

  func dial(from client: Int) -> Link {
    let link = Link(world, client: client)
    links.append(link)
    if !link.isRefused { waiting.append(link) }
    return link
  }

  func accept() -> Link? {
    guard let index = waiting.firstIndex(where: { !isBefore(world.time, $0.opening) }) else { return nil }
    world.moves += 1
    return waiting.remove(at: index)
  }

  func announce() { for link in links where !link.isBroken { link.announce() } }

  func expectNoNeglect() {
    for link in links where !waiting.contains(where: { $0 === link }) { link.expectNoNeglect() }
  }

  /// When something arrives anywhere; moments in the past are of those who do not read.
  var next: UInt32? {
    var next: UInt32?
    func consider(_ moment: UInt32) {
      if isBefore(world.time, moment), next == nil || isBefore(moment, next!) { next = moment }
    }
    for link in links where !link.isBroken {
      if !link.isRefused { consider(link.opening) }
      for pipe in link.pipes { if let moment = pipe.next { consider(moment) } }
    }
    return next
  }

  func expectAllClosed() {
    for link in links {
      for side in 0..<2
      where !link.isClosed(by: side) && !(side == 1 && (link.isRefused || waiting.contains { $0 === link })) {
        world.complain("connection \(link.number) was never closed by side \(side)")
      }
    }
  }
}
