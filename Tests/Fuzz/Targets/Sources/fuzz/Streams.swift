import CIndependentDecoder

@testable import DeviceCore
@testable import Scenarios

// Doors 1 and 2: bytes of a stream to a server, and to a client that waits for a lot.

/// Limits and sizes that the input chooses.
private func choose(_ tape: inout Tape, _ limits: inout Limits, _ sizes: inout Sizes) {
  let choice = tape.byte()
  if choice & 1 != 0 { limits.maximumMessageByteCount = 200 }
  if choice & 2 != 0 { limits.drainByteCount = 2000 }
  if choice & 4 != 0 { limits.maximumTokenByteCount = 300 }
  if choice & 8 != 0 { limits.legacyPeerWait = Milliseconds(100) }
  if choice & 16 != 0 { limits.keepAliveInterval = .seconds(3) }
  if choice & 32 != 0 { limits.idleTimeout = .seconds(10) }
  if choice & 64 != 0 { limits.largestResponseByteCount = 300 }
  sizes.receive = Int(limits.maximumMessageByteCount) + (choice & 128 != 0 ? 0 : 100)
  sizes.transmit = 160 + tape.below(256) * 8
}

/// What a driver's user may do between two reads.
@inline(never)
private func act(_ end: inout TestEnd, _ random: inout Random) {
  switch random.below(12) {
  case 0: end.now = end.now + Milliseconds(UInt32(random.below(random.oneIn(3) ? 300_000 : 2000)))
  case 1: _ = end.ping(custody: random.oneIn(2))
  case 2: _ = end.ask(random.oneIn(2) ? .put : .get, padding: random.below(80))
  case 3: end.takesOutput = !end.takesOutput
  case 4: end.largestWrite = 1 + random.below(40)
  case 5 where random.oneIn(4): end.connection.release(holdOffSeconds: 5, at: end.now)
  case 6 where random.oneIn(8): end.connection.abort("an event", at: end.now)
  case 7:
    if let request = end.tally.anyOutstanding, end.tally.outstanding > 0 {
      end.connection.cancel(request)
      end.tally.forget(request)
    }
  default: break
  }
}

/// Feeds all that is left of the input, in the pieces that it asks for.
@inline(never)
private func feed<Handler: RequestHandler & ~Copyable>(
  _ tape: inout Tape, to end: inout TestEnd, _ cuts: inout Cuts, _ judge: inout Judge,
  serving handler: inout Handler
) {
  end.run(serving: &handler)
  judge.look(&end.output)
  let all = tape.rest
  var rest = all
  while rest.count > 0 {
    let piece = rest.extracting(first: cuts.piece(of: rest.count))
    let (wasLive, requests) = (end.connection.isLive, end.tally.requests)
    let count = end.connection.receive(piece, at: end.now)
    end.run(serving: &handler)
    // Of what comes behind an Abort nothing is looked at.
    if !wasLive { require(end.tally.requests == requests, "reads on behind its end") }
    judge.look(&end.output)
    if cuts.hasEvent() {
      act(&end, &cuts.random)
      end.run(serving: &handler)
      judge.look(&end.output)
    }
    if count == 0 {
      guard !end.takesOutput else { break }
      // Who does not read, is not read from: until it does.
      end.takesOutput = true
      end.run(serving: &handler)
      judge.look(&end.output)
      if end.connection.isOver { break }
    }
    rest = rest.extracting(droppingFirst: count)
  }
}

func fuzzServer(_ tape: inout Tape) {
  var limits = Limits()
  var sizes = Sizes.bodies
  choose(&tape, &limits, &sizes)
  let choice = tape.byte()
  let end = tape.byte()
  var cuts = Cuts(&tape)
  Slot.server.fence(sizes)
  var server = TestEnd(
    limits: limits, sizes: sizes, peerCSM: choice & 1 == 0 ? "" : TestEnd.boundlessCSM)
  // What the harness has dropped began with the CSM.
  var judge = Judge(mayAsk: true)
  if choice & 1 != 0 { judge.skipCapabilities() }
  if choice & 2 != 0 {
    var handler = ScriptedHandler()
    handler.largeByteCount = 400
    handler.answersDeferred = choice & 4 != 0
    feed(&tape, to: &server, &cuts, &judge, serving: &handler)
    handler.answersDeferred = true
    server.conclude(end, &judge, serving: &handler)
    require(handler.waitingCount == 0, "abandons no request")
  } else {
    var resources = bodyResources()
    resources.file.byteCount = 3000
    resources.note.answerByteCount = 1500
    feed(&tape, to: &server, &cuts, &judge, serving: &resources)
    server.conclude(end, &judge, serving: &resources)
    require(resources.file.transfer == nil, "abandons no body")
  }
}

func fuzzClient(_ tape: inout Tape) {
  var limits = Limits()
  var sizes = Sizes.bodies
  sizes.requests = 8
  choose(&tape, &limits, &sizes)
  let choice = tape.byte()
  let end = tape.byte()
  var cuts = Cuts(&tape)
  Slot.client.fence(sizes)
  var client = TestEnd(
    .initiator, slot: .client, limits: limits, sizes: sizes,
    peerCSM: choice & 1 == 0 ? "" : TestEnd.boundlessCSM)
  var judge = Judge(mayAsk: true)
  if choice & 1 != 0 { judge.skipCapabilities() }
  var work = ClientWork()
  work.begin(&client, choice)
  work.feed(&tape, to: &client, &cuts, &judge)
  work.drop(&client)
  var handler = ScriptedHandler()
  client.conclude(end, &judge, serving: &handler)
}
