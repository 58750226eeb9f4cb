import DeviceCore
import Port

/// Runs one schedule from its seed to its end, and tells whether all was as it must be.
func run(_ world: World) {
  let network = Network(world)
  let store = Store(world, 0)
  let slots = makeSlots(world)
  let words = UnsafeMutableBufferPointer<UInt32>.allocate(
    capacity: world.chance.oneIn(3) ? 0 : WakeSet.wordCount(slots: slots.count))
  words.initialize(repeating: 0)
  var server = makeServer(network, store, slots, WakeSet(words))
  defer {
    words.deallocate()
    Pool.serverSessions.freeAll()
    Pool.clientSessions.freeAll()
    slots.deinitialize()
    slots.deallocate()
  }
  var clients: [Client] = []
  let isSupervised = world.chance.oneIn(3)
  if isSupervised { clients.append(SupervisedClient(network, store)) }
  for index in (isSupervised ? 1 : 0)..<(1 + world.chance.below(2) + (isSupervised ? 1 : 0)) {
    clients.append(PlainClient(network, index))
  }

  let start = world.time
  let faultyTime = UInt32(2000 + world.chance.below(world.chance.oneIn(5) ? 200_000 : 12_000))
  // Every timer there is, one after the other, and then some: whoever is not done by then hangs.
  let longest: UInt32 = faultyTime + 900_000
  var jumped: UInt32 = 0
  var phase = 0

  func wakeAll() { for end in 0...clients.count { world.wake(end) } }
  var deadlines = [Instant?](repeating: nil, count: 1 + clients.count)

  while true {
    // Bytes may come one at a time; rounds that move nothing are too many sooner.
    var (idleRounds, moves) = (0, world.moves)
    for round in 0... {
      network.announce()
      var hasStepped = false
      for end in deadlines.indices {
        guard world.takeAwake(end) || deadlines[end].map({ $0.isReached(at: world.now) }) ?? false else {
          continue
        }
        deadlines[end] = end == 0 ? server.step() : clients[end - 1].step()
        hasStepped = true
      }
      if !hasStepped { break }
      idleRounds = world.moves == moves ? idleRounds + 1 : 0
      moves = world.moves
      if idleRounds == 1000 || round == 3000 { return world.complain("it spins") }
    }
    network.expectNoNeglect()
    var next = deadlines.reduce(nil, earlier)
    let elapsed = world.time &- start &- jumped
    switch phase {
    case 0 where elapsed >= faultyTime:
      phase = 1
      world.isFaulty = false
      world.note("calm")
      store.change()
      for client in clients {
        client.store.change()
        client.beginLastRound()
      }
      wakeAll()
      continue
    case 1
    where clients.allSatisfy({ $0.isSatisfied(store.state) })
      && server.service.observer.isSatisfied(clients.map(\.store.state)):
      phase = 2
      world.note("the end")
      for client in clients { client.end() }
      wakeAll()
      continue
    case 2 where clients.allSatisfy(\.isOver):
      phase = 3
      server.stop()
      wakeAll()
      continue
    case 3 where server.isIdle:
      expectNothingLeft(network, store, clients, server)
      return
    default: break
    }
    // Enough is known; what follows may go on for long.
    guard world.complaints.count < 10 else { return }
    guard elapsed < longest else {
      return world.complain("not over in phase \(phase) after \(elapsed / 1000) s")
    }

    // On to whatever is next.
    if let arrival = network.next { next = earlier(next, Instant(rawValue: arrival)) }
    if phase == 0 {
      let change = world.now + Milliseconds(UInt32(1 + world.chance.below(4000)))
      let isChange = next == nil || change.isBefore(next!)
      next = earlier(next, earlier(change, Instant(rawValue: start &+ faultyTime &+ jumped)))
      if isChange {
        store.change()
        clients[world.chance.below(clients.count)].store.change()
      }
      if world.happens(.clockJumps, 60) {
        // The host slept: no timer has run, and all are due.
        let jump = UInt32(world.chance.below(world.chance.oneIn(3) ? 4_000_000 : 90_000))
        jumped += jump
        world.time &+= jump
        world.lastJump = world.time
        world.note("the clock jumps by \(jump)")
        continue
      }
    }
    guard let next else { return world.complain("everybody waits for nothing, in phase \(phase)") }
    if world.now.isBefore(next) { world.time = next.rawValue } else { world.time &+= 1 }
  }
}

private func expectNothingLeft(
  _ network: Network, _ store: Store, _ clients: [Client], _ server: borrowing Server
) {
  let world = network.world
  store.expectNothingLeft()
  if server.service.observer.askers.contains(where: { $0 != nil }) {
    world.complain("a connection's account is open")
  }
  let sockets = (Pool.serverSessions.pool.usedCount, Pool.clientSessions.pool.usedCount)
  if sockets != (0, 0) { world.complain("\(sockets) WebSockets of server and clients are left") }
  for client in clients { client.expectNothingLeft() }
  network.expectAllClosed()
}
