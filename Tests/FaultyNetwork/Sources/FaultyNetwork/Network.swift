import DeviceCore
import Port

/// A TCP connection between a client and the server.
final class Link {
  let world: World
  /// From the client, and from the server.
  let pipes: [Pipe]
  /// The client's end; that of the server is 0.
  let client: Int
  let opening: UInt32
  private var isAnnounced = false
  let bell: Bell
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
    bell = Bell(world)
    pipes = [Pipe(world, bell, from: client, to: 0), Pipe(world, bell, from: 0, to: client)]
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
    bell.ring(0)
    bell.ring(client)
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

  mutating func setWaker(_ waker: Waker) -> Bool {
    // A stream that says that it does, and one that does not.
    guard side == 1, link.number % 5 > 0 else { return false }
    link.bell.serverWaker = waker
    return true
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
