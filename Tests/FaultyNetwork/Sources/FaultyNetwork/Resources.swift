import DeviceCore

/// The byte of a body at a place.
func patternByte(_ index: UInt32, _ version: UInt32) -> UInt8 {
  UInt8(truncatingIfNeeded: index &* 31 &+ index >> 8 &+ version &* 101)
}

func isPattern(_ bytes: Span<UInt8>, at offset: UInt32, _ version: UInt32) -> Bool {
  for index in 0..<bytes.count where bytes[index] != patternByte(offset + UInt32(index), version) {
    return false
  }
  return true
}

func number(_ bytes: Span<UInt8>) -> UInt32? {
  guard bytes.count >= 4 else { return nil }
  return (0..<4).reduce(0) { $0 << 8 | UInt32(bytes[$1]) }
}

func bytes(_ number: UInt32) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * UInt32($0))) }
}

/// What the resources of one end hold, so that it can be looked at from outside.
final class Store {
  let world: World
  /// With the number of the end in its first byte.
  private(set) var state: UInt32
  var fileVersion: UInt32 = 1
  var fileByteCount: UInt32 = 0
  var transfers: [(id: BodyTransfer, received: UInt32)] = []
  var waiting: [(request: DeferredRequest, payload: [UInt8], due: Instant)] = []
  var reports: Set<UInt32> = []
  var uploads = 0

  init(_ world: World, _ number: UInt32) {
    self.world = world
    state = number << 24 | 1
    fileByteCount = UInt32(world.chance.below(world.chance.oneIn(8) ? 9000 : 1500))
  }

  func change() {
    state += 1
    world.wake(Int(state >> 24))
    if world.chance.oneIn(6) { fileVersion += 1 }
  }

  func expectNothingLeft() {
    if !transfers.isEmpty { world.complain("\(transfers.count) bodies are under way for nobody") }
    if !waiting.isEmpty { world.complain("\(waiting.count) answers wait for nobody") }
  }
}

/// Sends back what is posted, some of it later.
struct Echo: Resource {
  let path: StaticString = "e"
  let store: Store

  mutating func post(_ request: Request, _ response: inout Response) throws(Refusal) {
    let payload = request.payload.withUnsafeBufferPointer { Array($0) }
    // One that is put off has to fit into a message.
    if store.world.chance.oneIn(4), payload.count < 50 {
      let due = store.world.now + Milliseconds(UInt32(store.world.chance.below(3000)))
      store.waiting.append((try response.postpone(), payload, due))
      return
    }
    response.begin(.changed)
    response.append(payload.span)
  }

  mutating func isReady(_ request: DeferredRequest, at now: Instant) -> Bool {
    store.waiting.contains { $0.request == request && $0.due.isReached(at: now) }
  }

  mutating func answer(_ request: DeferredRequest, _ response: inout Response) {
    guard let index = store.waiting.firstIndex(where: { $0.request == request }) else {
      return store.world.complain("an answer is wanted that nobody waits for")
    }
    response.begin(.changed)
    let payload = store.waiting.remove(at: index).payload
    response.append(payload.span)
  }

  mutating func abandon(_ request: DeferredRequest) { store.waiting.removeAll { $0.request == request } }

  var nextAnswer: Instant? {
    var next: Instant?
    for entry in store.waiting where next == nil || entry.due.isBefore(next!) { next = entry.due }
    return next
  }
}

/// A number that changes, to be observed.
struct State: Resource {
  let path: StaticString = "s"
  let attributes = LinkAttributes(isObservable: true)
  let store: Store

  mutating func revision(at now: Instant) -> UInt32 { store.state }

  mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    let content = bytes(store.state)
    response.content(.octetStream, content.span)
  }
}

/// A body that goes out and one that comes in, in blocks.
struct File: Resource {
  let path: StaticString = "f"
  let store: Store
  var largestStreamedBody: UInt32 { 1 << 20 }
  var eTag: UInt32? { store.fileVersion }

  mutating func get(_ request: Request, _ response: inout Response) throws(Refusal) {
    response.begin(.content, .octetStream)
    let part = response.beginBody(of: store.fileByteCount)
    response.skip(to: part.lowerBound)
    let content = part.map { patternByte($0, store.fileVersion) }
    response.append(content.span)
  }

  mutating func put(_ request: Request, _ response: inout Response) throws(Refusal) {
    guard let part = request.part else {
      // All of it in one message.
      if !isPattern(request.payload, at: 0, 7) { store.world.complain("a body with other bytes") }
      store.uploads += 1
      return response.changed()
    }
    if part.isFirst {
      if store.transfers.contains(where: { $0.id == part.transfer }) {
        store.world.complain("a body begins twice")
      }
      store.transfers.append((part.transfer, 0))
    }
    guard let index = store.transfers.firstIndex(where: { $0.id == part.transfer }) else {
      return store.world.complain("a part of a body that has not begun")
    }
    if part.offset != store.transfers[index].received { store.world.complain("a part out of its place") }
    if !isPattern(request.payload, at: part.offset, 7) { store.world.complain("a part with other bytes") }
    store.transfers[index].received += UInt32(request.payload.count)
    guard part.isLast else { return }
    store.transfers.remove(at: index)
    store.uploads += 1
    response.changed()
  }

  mutating func abandon(_ body: BodyTransfer) {
    guard let index = store.transfers.firstIndex(where: { $0.id == body }) else {
      return store.world.complain("a body is abandoned that is not under way")
    }
    store.transfers.remove(at: index)
  }
}

/// Takes telemetry.
struct Reports: Resource {
  let path: StaticString = "r"
  let store: Store

  mutating func post(_ request: Request, _ response: inout Response) throws(Refusal) {
    guard let report = number(request.payload) else { throw .badRequest("no report") }
    store.reports.insert(report)
    response.changed()
  }
}
