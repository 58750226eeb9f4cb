import DeviceCore

// Observations between two cores, with random cuts.

/// A client that observes `f` and fetches the rest of each representation.
private struct Watcher {
  var observation: RequestID?
  var download = BodyDownload()
  var request: RequestID?
  /// Whether what was asked for is of an older representation than the last notification.
  var isStale = false
  /// The version of the body that is being fetched, and of the last one that was complete.
  var version: UInt32?
  var completeVersion: UInt32?
  var completeCount = 0
  var notificationCount = 0
  var isIntact = true
  var isOver = false

  @inline(never)
  mutating func register(_ end: inout TestEnd) {
    observation = try? end.connection.request(.get, isObserving: true, at: end.now) {
      writer throws(WriteError) in
      try writer.append(.observe, uint: 0)
      try writer.append(path: "f")
    }
  }

  @inline(never)
  mutating func poll(_ end: inout TestEnd) {
    while let event = end.connection.poll(at: end.now) {
      switch event {
      case .notification(observation):
        notificationCount += 1
        download = BodyDownload()
        isStale = request != nil
        if let message = end.connection.message { take(message) }
      case .response(observation): isOver = true
      case .response(request):
        request = nil
        if !isStale, let message = end.connection.message { take(message) }
        isStale = false
      default: end.tally.note(event, on: end.connection)
      }
    }
    guard request == nil, version != nil else { return }
    let next = download
    request = try? end.connection.request(.get, at: end.now) { writer throws(WriteError) in
      try writer.append(path: "f")
      try next.appendBlock(to: &writer)
    }
  }

  /// A part of what was notified; one of another representation ends the download until the next notification.
  private mutating func take(_ message: Message) {
    let offset = download.offset
    guard let version = message.eTag.number, let step = try? download.receive(message) else {
      self.version = nil
      return
    }
    if !isPattern(message.payload, at: offset, version) { isIntact = false }
    self.version = step == .part ? version : nil
    if step == .last {
      completeVersion = version
      completeCount += 1
    }
  }
}

// O-01 OB-06 OB-12 OB-13 BL-06 BL-14: a large representation that changes again and again; the last one arrives whole.
func observePair_largeRepresentation_lastStateArrives(_ check: inout Checker) {
  for seed in UInt32(1)...12 {
    var sizes = Sizes.bodies
    sizes.transmit = 1400
    var pair = Pair(seed: seed, largestPiece: 20 + Int(seed) * 40, clientSizes: sizes, serverSizes: sizes)
    var resources = bodyResources()
    resources.file.byteCount = 5000
    var watcher = Watcher()
    check.expect(pair.settle())
    watcher.register(&pair.client)
    var idleSteps = 0
    for round in 0..<20_000 {
      watcher.poll(&pair.client)
      pair.server.pollAll(serving: &resources)
      pair.server.connection.serveObservers(&resources, at: pair.server.now)
      idleSteps = pair.move() ? 0 : idleSteps + 1
      if round < 3000, pair.random.oneIn(seed % 2 == 0 ? 3 : 200) { resources.file.version += 1 }
      if round > 3000 && idleSteps > 4 { break }
    }
    check.expect(watcher.completeVersion == resources.file.version, "not the last state")
    check.expect(watcher.isIntact && watcher.completeCount > 0, "other bytes")
    check.expect(watcher.notificationCount > 10 && !watcher.isOver)
    check.expect(pair.server.connection.observerCount == 1 && pair.client.connection.requestCount == 0)
    deregister(&check, &pair, &watcher, &resources)
    check.expectLegal(pair)
  }
}

// O-08 OB-05: nothing is left, and nothing more comes.
@inline(never)
private func deregister(
  _ check: inout Checker, _ pair: inout Pair, _ watcher: inout Watcher,
  _ resources: inout Resources<BodyTable>
) {
  _ = try? pair.client.connection.request(.get, reusing: watcher.observation, at: pair.now) {
    writer throws(WriteError) in
    try writer.append(.observe, uint: 1)
    try writer.append(path: "f")
  }
  let count = watcher.notificationCount
  for round in 0..<1000 {
    if round == 500 { resources.file.version += 1 }
    watcher.poll(&pair.client)
    pair.server.pollAll(serving: &resources)
    pair.server.connection.serveObservers(&resources, at: pair.server.now)
    _ = pair.move()
  }
  check.expect(watcher.isOver && watcher.notificationCount == count, "still observed")
  check.expect(pair.server.connection.observerCount == 0 && pair.client.connection.requestCount == 0)
}
