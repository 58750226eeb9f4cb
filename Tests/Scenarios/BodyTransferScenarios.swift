import DeviceCore

// Whole bodies between two cores, with small buffers and random cuts.

private func pair(
  seed: UInt32, receive: Int = 2048, transmit: Int = 2048, message: UInt32 = 1152, largestPiece: Int = 3000
) -> Pair {
  var limits = Limits()
  limits.maximumMessageByteCount = message
  var sizes = Sizes.bodies
  sizes.receive = receive
  sizes.transmit = transmit
  return Pair(
    seed: seed, largestPiece: largestPiece, wireCapacity: 4096, clientLimits: limits, serverLimits: limits,
    clientSizes: sizes, serverSizes: sizes)
}

/// 1 MiB for blocks of 1024 bytes, less for smaller ones.
private func byteCount(_ exponent: UInt8) -> UInt32 {
  exponent >= 6 ? 1 << 20 : 4096 << UInt32(exponent)
}

/// Nothing is left on either side but an open connection.
@inline(never)
private func expectIdle(
  _ check: inout Checker, _ pair: inout Pair, _ resources: inout Resources<BodyTable>, line: UInt32 = #line
) {
  check.expect(pair.client.connection.requestCount == 0, "requests left", line: line)
  // A timer is not wound back when a body is done: it finds nothing to do.
  let told = resources.file.abandonedCount
  pair.server.now = pair.server.now + .seconds(250)
  pair.server.run(serving: &resources)
  check.expect(pair.server.connection.deadline == nil, "timers left", line: line)
  check.expect(resources.file.abandonedCount == told, "abandoned what was done", line: line)
  check.expect(resources.file.transfer == nil && resources.file.faultCount == 0, "parts left", line: line)
  check.expect(pair.areBothOpen, "not open", line: line)
  check.expectLegal(pair, line: line)
}

@inline(never)
private func run(
  _ check: inout Checker, _ pair: inout Pair, _ body: inout BodyClient,
  _ resources: inout Resources<BodyTable>, line: UInt32 = #line
) {
  check.expect(pair.run(&body, serving: &resources), "does not end", line: line)
  check.expect(body.isDone && body.isIntact, "other outcome", line: line)
}

@inline(never)
private func download(_ check: inout Checker, exponent: UInt8, _ pair: consuming Pair) -> Int {
  var resources = bodyResources()
  let count = byteCount(exponent)
  resources.file.byteCount = count
  var body = BodyClient(download: BodyDownload(largest: BlockSize(rawValue: exponent)), from: "f")
  run(&check, &pair, &body, &resources)
  check.expect(body.receivedByteCount == count && body.download?.byteCount == count)
  check.expect(body.checksum == patternChecksum(count, 0), "other checksum")
  expectIdle(&check, &pair, &resources)
  return body.partCount
}

@inline(never)
private func upload(_ check: inout Checker, exponent: UInt8, _ pair: consuming Pair) -> Int {
  var resources = bodyResources()
  let count = byteCount(exponent)
  // Before the peer's CSM blocks are small, and they stay so.
  check.expect(pair.settle() && pair.areBothOpen)
  var body = BodyClient(
    upload: BodyUpload(byteCount: count, largest: BlockSize(rawValue: exponent)!), to: "f")
  run(&check, &pair, &body, &resources)
  check.expect(resources.file.receivedByteCount == count && resources.file.doneCount == 1)
  check.expect(resources.file.announcedByteCount == count, "other Size1")
  expectIdle(&check, &pair, &resources)
  return body.partCount
}

// B-01 BL-05 BL-11: 1 MiB down through 2 KiB, for every size.
func transfer_download_everySize_isIntact(_ check: inout Checker) {
  for exponent in UInt8(0)...7 {
    let pair = pair(seed: UInt32(exponent) + 1, message: exponent == 7 ? 2048 : 1152)
    let parts = download(&check, exponent: exponent, pair)
    check.expect(parts == (exponent >= 6 ? 1024 : 256), "other count of blocks")
  }
}

// B-01 BL-07: 1 MiB up through 2 KiB, for every size.
func transfer_upload_everySize_isIntact(_ check: inout Checker) {
  for exponent in UInt8(0)...7 {
    let pair = pair(seed: UInt32(exponent) + 11, message: exponent == 7 ? 2048 : 1152)
    let parts = upload(&check, exponent: exponent, pair)
    check.expect(parts == (exponent >= 6 ? 1023 : 255), "other count of blocks")
  }
}

// B-02 B-05 B-08 B-10: several blocks a message, in a fraction of the messages.
func transfer_bert_takesFewerMessages(_ check: inout Checker) {
  let down = download(
    &check, exponent: 7, pair(seed: 3, receive: 9000, transmit: 9000, message: 9000, largestPiece: 9000))
  check.expect(down == 128, "other count of messages")
  let up = upload(
    &check, exponent: 7, pair(seed: 4, receive: 9000, transmit: 9000, message: 9000, largestPiece: 9000))
  check.expect(up == 127, "other count of messages")
}

// As many blocks as Max-Message-Size has room for: the table of Tests/Vectors/bert-sizes.json, whose overhead
// is larger than ours.
func transfer_bert_blocksFitTheLimit(_ check: inout Checker) {
  let limits: InlineArray<7, UInt32> = [1050, 1152, 1153, 2176, 2304, 4096, 8448]
  let blocks: InlineArray<7, UInt32> = [0, 1, 1, 2, 2, 3, 8]
  for index in 0..<7 {
    var resources = bodyResources()
    resources.file.byteCount = 20_000
    var clientLimits = Limits()
    clientLimits.maximumMessageByteCount = limits[index]
    var serverLimits = Limits()
    serverLimits.maximumMessageByteCount = 9000
    var sizes = Sizes.bodies
    sizes.receive = 9000
    sizes.transmit = 9000
    var pair = Pair(
      seed: 9, largestPiece: 9000, wireCapacity: 20_000, clientLimits: clientLimits,
      serverLimits: serverLimits, clientSizes: sizes, serverSizes: sizes)
    var body = BodyClient(download: BodyDownload(largest: .bert), from: "f")
    run(&check, &pair, &body, &resources)
    check.expect(
      body.largestPart == (blocks[index] == 0 ? 512 : Int(blocks[index]) * 1024), "other count of blocks")
    expectIdle(&check, &pair, &resources)
  }
}

// a Ping and a small request during 1 MiB are answered after at most one more block.
func transfer_otherExchanges_areAnsweredBetweenBlocks(_ check: inout Checker) {
  var pair = pair(seed: 21)
  var resources = bodyResources()
  resources.file.byteCount = 1 << 18
  var body = BodyClient(download: BodyDownload(largest: .largest), from: "f")
  var isAsked = false
  var partsBefore = 0
  var answers = 0
  for _ in 0..<400_000 {
    _ = pair.step(&body, serving: &resources)
    if body.isOver { break }
    if !isAsked, body.partCount > 0, pair.random.oneIn(10), pair.client.ping() == nil {
      let sent = pair.client.send(.get) { writer throws(WriteError) in try writer.append(path: "c") }
      check.expect(sent == nil, "no room")
      isAsked = true
      partsBefore = body.partCount
    }
    if isAsked, pair.client.tally.outstanding == 0, pair.client.tally.pongs == answers + 1 {
      check.expect(body.partCount - partsBefore <= 2, "waited for the transfer")
      check.expect(pair.client.tally.lastCode == .content)
      answers += 1
      isAsked = false
    }
  }
  check.expect(body.isDone && body.isIntact && answers > 50, "other outcome")
  check.expectLegal(pair)
}

// BL-06: the representation changes in mid-transfer: another ETag, and all of it again from the beginning.
func transfer_representationChanges_startsAnew(_ check: inout Checker) {
  for change in 1...8 {
    var pair = pair(seed: UInt32(change))
    var resources = bodyResources()
    resources.file.byteCount = 10_000
    var body = BodyClient(download: BodyDownload(largest: .largest), from: "f")
    for _ in 0..<400_000 {
      _ = pair.step(&body, serving: &resources)
      if body.partCount == change && resources.file.version == 0 { resources.file.version = 1 }
      if body.isOver { break }
    }
    check.expect(body.isDone && body.isIntact && body.restartCount == 1, "other outcome")
    check.expect(body.receivedByteCount == 10_000 && body.version == 1)
    expectIdle(&check, &pair, &resources)
  }
}

// BL-09: a server that lost what it had is sent the body again, once.
func transfer_serverLosesABody_startsAnew(_ check: inout Checker) {
  for losses in 1...2 {
    var pair = pair(seed: UInt32(losses))
    var resources = bodyResources()
    var body = BodyClient(upload: BodyUpload(byteCount: 10_000, largest: .largest), to: "f")
    var lost = 0
    for _ in 0..<400_000 {
      _ = pair.step(&body, serving: &resources)
      if lost < losses, resources.file.receivedByteCount >= 3000, resources.file.transfer != nil {
        pair.server.now = pair.server.now + .seconds(300)
        pair.server.connection.serveDeferred(&resources, at: pair.server.now)
        lost += 1
      }
      if body.isOver { break }
    }
    check.expect(body.restartCount == 1, "not begun anew")
    check.expect(losses == 1 ? body.isDone : body.refusal == .requestEntityIncomplete, "other outcome")
    check.expect(resources.file.doneCount == (losses == 1 ? 1 : 0))
    check.expect(resources.file.abandonedCount == losses, "not told")
    expectIdle(&check, &pair, &resources)
  }
}

// BL-05 BL-15: POST with a body up and a large answer down, from a peer that keeps it.
func transfer_postUpAndDown_isIntact(_ check: inout Checker) {
  var pair = pair(seed: 5)
  var resources = bodyResources()
  resources.note.answerByteCount = 4000
  var up = BodyClient(upload: BodyUpload(byteCount: 3000, largest: .largest), to: "n", method: .post)
  for _ in 0..<10_000 where !up.isOver { _ = pair.step(&up, serving: &resources) }
  check.expect(up.isDone && resources.note.postCount == 1)
  // The rest of the answer, whose first block was in the answer to the last part.
  var down = BodyClient(
    download: up.answer ?? BodyDownload(), from: "n", version: 1, method: .post,
    received: up.firstPartByteCount)
  run(&check, &pair, &down, &resources)
  check.expect(down.receivedByteCount == 4000 && resources.note.postCount == 1)
  expectIdle(&check, &pair, &resources)
}
