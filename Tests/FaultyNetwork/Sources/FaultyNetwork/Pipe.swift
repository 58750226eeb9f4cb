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
    didSet { bell.ring(reader) }
  }
  /// What is written is lost, and nobody is told.
  var isHole = false
  let world: World
  private let bell: Bell

  init(_ world: World, _ bell: Bell, from writer: Int, to reader: Int) {
    self.world = world
    self.bell = bell
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
    if isWriterWaiting, underWay + count < capacity { bell.ring(writer) }
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
    if isHole {
      // Never acknowledged, so the writer's buffer fills up.
      underWay += count
      return (taken, false)
    }
    if isFinished { return (taken, false) }
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
    if bytes.count < count, segments.isEmpty, isFinished || isReset { bell.ring(reader) }
    underWay -= bytes.count
    if isWriterWaiting {
      isWriterWaiting = false
      bell.ring(writer)
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
    bell.ring(reader)
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

/// Tells an end of one connection that it may have something to do: 0 is the server, which may be told of just this one.
final class Bell {
  private let world: World
  var serverWaker: Waker?

  init(_ world: World) { self.world = world }

  func ring(_ end: Int) {
    world.wake(end)
    if end == 0 { serverWaker?.wake() }
  }
}

func isBefore(_ left: UInt32, _ right: UInt32) -> Bool {
  Instant(rawValue: left).isBefore(Instant(rawValue: right))
}
