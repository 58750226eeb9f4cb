import DeviceCore
import Port

/// The server asks its peers too.
struct ServerObserver: DeviceObserver {
  let world: World
  var askers: [Asker?]

  mutating func observe(_ event: Event, on connection: inout Connection, slot: Int) {
    if event == .capabilities || event == .capabilitiesAssumed, askers[slot] == nil {
      askers[slot] = Asker(world, "server \(slot)")
      for _ in 0..<world.chance.below(4) {
        askers[slot]!.wish([.echo, .echo, .ping, .observe, .download, .upload][world.chance.below(6)])
      }
    }
    askers[slot]?.note(event, on: connection)
    if case .closed = event { askers[slot] = nil }
  }

  /// Whether the server itself has got what it asked for, of these states of the clients the latest.
  func isSatisfied(_ states: [UInt32]) -> Bool {
    askers.allSatisfy { asker in
      guard let asker else { return true }
      return asker.isIdle && (!asker.isObserving || asker.lastState.map { states.contains($0) } ?? false)
    }
  }

  mutating func attend(to connection: inout Connection, slot: Int, at now: Instant) -> Instant? {
    guard let asker = askers[slot] else { return nil }
    asker.attend(to: &connection, at: now)
    // What found no room is tried again.
    return asker.wishes.isEmpty ? nil : now + Milliseconds(100)
  }

  mutating func didHandle(_ event: Event, on connection: inout Connection, slot: Int, at now: Instant) {
    askers[slot]?.attend(to: &connection, at: now)
  }
}

func limits(_ world: World, isSmall: Bool) -> Limits {
  var limits = Limits()
  limits.maximumMessageByteCount = isSmall || world.chance.oneIn(2) ? 1152 : 2304
  limits.keepAliveInterval = .seconds(20)
  limits.requestTimeout = .seconds(30)
  limits.bodyTimeout = .seconds(60)
  if world.chance.oneIn(3) { shorten(&limits, world) }
  // With less, not even the smallest block fits with its options.
  if world.chance.oneIn(4) { limits.largestResponseByteCount = UInt32(80 + world.chance.below(300)) }
  if world.isWebSocket { limits.framingByteCount = 4 }
  return limits
}

/// Any timer may run before any other one. Keep-alive stays, for nothing else finds a peer that is silent.
private func shorten(_ limits: inout Limits, _ world: World) {
  func seconds(_ range: ClosedRange<Int>) -> Milliseconds {
    .seconds(UInt32(range.lowerBound + world.chance.below(range.count)))
  }
  limits.keepAliveInterval = seconds(2...40)
  // Answers that are put off take up to 3 seconds.
  limits.requestTimeout = seconds(5...60)
  limits.bodyTimeout = seconds(3...60)
  limits.capabilitiesTimeout = seconds(2...30)
  limits.messageTimeout = seconds(2...30)
  limits.pingTimeout = seconds(1...20)
  limits.releaseTimeout = seconds(1...10)
  limits.stallTimeout = seconds(1...60)
  limits.lingerTimeout = Milliseconds(UInt32(10 + world.chance.below(3000)))
  if world.chance.oneIn(3) { limits.legacyPeerWait = seconds(1...6) }
  if world.chance.oneIn(3) { limits.idleTimeout = seconds(8...60) }
}

typealias ServerTable = ResourcePair<
  ResourcePair<ResourcePair<SingleResource<Echo>, SingleResource<State>>, SingleResource<File>>,
  SingleResource<Reports>
>
typealias Server = Device<SimulatedBoard, TransportListener, ServerTable, ServerObserver>

func makeSlots(_ world: World) -> UnsafeMutableBufferPointer<Slot<Transport>> {
  let memory = Pool.server(world)
  let slots = UnsafeMutableBufferPointer<Slot<Transport>>.allocate(capacity: memory.count)
  for index in slots.indices {
    slots.initializeElement(at: index, to: Slot(memory: memory[index].value))
  }
  return slots
}

func makeServer(
  _ network: Network, _ store: Store, _ slots: UnsafeMutableBufferPointer<Slot<Transport>>, _ wakes: WakeSet
) -> Server {
  let world = network.world
  let limits = limits(world, isSmall: world.isServerSmall)
  return Server(
    board: SimulatedBoard(world: world), listener: network.listener(limits),
    resources: Resources {
      Echo(store: store)
      State(store: store)
      File(store: store)
      Reports(store: store)
    },
    observer: ServerObserver(world: world, askers: [Asker?](repeating: nil, count: slots.count)),
    limits: limits, slots: slots, wakes: wakes)
}
