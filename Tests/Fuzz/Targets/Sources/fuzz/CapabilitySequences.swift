@testable import DeviceCore
@testable import Scenarios

// Door 11: CSMs and other signals in any order, beside a model of RFC 8323 section 5 and RFC 8974 section 2.2.

/// What a peer has said, and what has to come of it.
private struct Model {
  var largestMessage: UInt32 = 1152
  var knowsBlocks = false
  var longestToken: UInt32 = 8
  var hasCapabilities = false
  /// What Bad-CSM-Option has to say of the CSM that ended it.
  var badOption: Int?
  var isAborted = false
  var isEnded = false

  /// One option of a CSM that is not a repetition.
  mutating func take(_ number: Int, _ value: Span<UInt8>) {
    var integer: UInt32 = 0
    for index in value.indices { integer = integer << 8 | UInt32(value[index]) }
    if number & 1 == 1 {
      return refuse(number)
    }
    switch number {
    case 2:
      if value.count > 4 { return refuse(number) }
      largestMessage = integer
    case 4: if value.count == 0 { knowsBlocks = true }
    case 6:
      if value.count > 3 { return refuse(number) }
      // Out of range is not taken, too long is as long as can be (RFC 8974 section 2.2.1).
      if integer >= 8 { longestToken = min(integer, 65804) }
    default: break
    }
  }

  private mutating func refuse(_ number: Int) {
    badOption = number
    isAborted = true
  }
}

func fuzzCapabilities(_ tape: inout Tape) {
  let choice = tape.byte()
  let conclusion = tape.byte()
  var sizes = Sizes()
  sizes.transmit = 600
  var limits = Limits()
  if choice & 1 != 0 { limits.maximumTokenByteCount = 300 }
  Slot.server.fence(sizes)
  var end = TestEnd(choice & 2 == 0 ? .acceptor : .initiator, limits: limits, sizes: sizes, peerCSM: "")
  var judge = Judge(mayAsk: true)
  end.run()
  require(end.output.count > 0, "does not begin with a CSM by itself")
  judge.look(&end.output)
  var model = Model()
  while !tape.isAtEnd && !model.isAborted && !model.isEnded {
    let requests = end.tally.requests
    feed(&tape, to: &end, &model)
    let size = model.largestMessage
    require(
      end.connection.isLive != model.isAborted || model.isEnded,
      "aborts when it need not, or not when it has to")
    if model.isAborted { requireAbort(&end, model, requests) }
    judge.look(&end.output)
    if !model.isAborted {
      let known = end.connection.peerCapabilities
      require(known.maximumMessageByteCount == size, "knows another Max-Message-Size")
      require(known.supportsBlockWiseTransfer == model.knowsBlocks, "knows other block-wise transfers")
      require(known.maximumTokenByteCount == model.longestToken, "knows another token length")
      require(known.supportsBERT == (model.knowsBlocks && size > 1152), "knows another BERT")
    }
  }
  var handler = ScriptedHandler()
  end.conclude(conclusion, &judge, serving: &handler)
}

@inline(never)
private func feed(_ tape: inout Tape, to end: inout TestEnd, _ model: inout Model) {
  let kind = tape.byte()
  switch kind & 15 {
  case 0...9: feedCapabilities(&tape, to: &end, &model)
  case 10: end.feed("0000")
  case 15 where kind >= 0xe0:
    // The one signal that may come before a CSM.
    end.feed("00e5")
    model.isEnded = true
  default:
    if !model.hasCapabilities { model.isAborted = true }
    switch kind & 15 {
    case 11: end.feed("01e2 7f")
    case 12: end.feed("11e2 7f 20")
    case 13: end.feed("0101 7f")
    case 14: end.feed("01e3 7f")
    default:
      end.feed("00e4")
      if !model.isAborted { model.isEnded = true }
    }
  }
}

@inline(never)
private func feedCapabilities(_ tape: inout Tape, to end: inout TestEnd, _ model: inout Model) {
  let numbers: InlineArray<16, Int> = [2, 2, 2, 4, 4, 6, 6, 8, 10, 12, 1, 3, 5, 7, 300, 301]
  var composer = Composer()
  var previous = 0
  var next = model
  for _ in 0..<tape.below(5) {
    let number = max(previous, numbers[tape.below(16)])
    let length = tape.oneIn(16) ? tape.below(20) : tape.below(5)
    let value = tape.rest.extracting(first: min(length, tape.count))
    tape.skip(value.count)
    composer.add(number, value)
    // A repetition is an elective option that nobody knows, a critical one is as bad as the first.
    if !next.isAborted, number != previous || number & 1 == 1 { next.take(number, value) }
    previous = number
  }
  // One that is wrong changes nothing.
  if next.isAborted {
    model.isAborted = true
    model.badOption = next.badOption
  } else {
    model = next
    model.hasCapabilities = true
  }
  let message = composer.message(0xe1)
  // In two pieces.
  let cut = tape.below(message.count)
  let bytes = message.bytes
  end.feed(bytes.extracting(first: cut))
  end.feed(bytes.extracting(droppingFirst: cut))
}

/// An Abort went out that says which option it was, if the peer takes that much.
@inline(never)
private func requireAbort(_ end: inout TestEnd, _ model: Model, _ requests: Int) {
  require(end.tally.requests == requests, "takes a request together with its end")
  var reader = MessageReader(end.output.bytes)
  var abortCount = 0
  while let message = reader.next() {
    guard message.code == .abort else { continue }
    abortCount += 1
    guard model.largestMessage >= 16 else { continue }
    let told = message.uint(of: SignalingOption.badCSMOption)
    require(told == model.badOption.map { UInt32($0) }, "names another option in its Abort")
  }
  require(abortCount == 1 || model.largestMessage < 2, "does not abort once")
}
