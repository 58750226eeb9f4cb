import CFuzzSupport
import CIndependentDecoder

@testable import DeviceCore
@testable import Scenarios

/// Looks at all that an end sends, with the independent decoder.
struct Judge {
  fileprivate var state = output_judge()

  init(mayAsk: Bool, largestMessage: UInt32 = .max) {
    state.may_ask = mayAsk ? 1 : 0
    state.largest_message = UInt64(largestMessage)
  }

  var count: UInt32 { state.count }
  var hasAborted: Bool { state.has_aborted != 0 }

  /// Frames of a WebSocket instead of a stream.
  mutating func lookAtFrames(_ store: inout ByteStore, fromClient: Bool) {
    state.is_client = fromClient ? 1 : 0
    look(&store, isFramed: true)
  }

  mutating func look(_ store: inout ByteStore) { look(&store, isFramed: false) }

  private mutating func look(_ store: inout ByteStore, isFramed: Bool) {
    require(store.lostCount == 0, "the harness has lost output")
    guard store.count > 0 else { return }
    var used = 0
    let fault = unsafe store.bytes.withUnsafeBufferPointer { bytes in
      unsafe isFramed
        ? judge_frames(&state, bytes.baseAddress!, bytes.count, &used)
        : judge_stream(&state, bytes.baseAddress!, bytes.count, &used)
    }
    if let fault = unsafe fault { unsafe fuzz_violation(fault) }
    store.removeFirst(used)
  }
}

extension Connection {
  /// Nothing is left of anything: what has to hold behind the last event.
  mutating func requireEmpty() {
    require(isOver, "is not over")
    require(transportAction == .close, "does not close")
    require(!wantsInput, "wants input behind its end")
    require(pendingOutput.isEmpty, "has output behind its end")
    require(deadline == nil, "has a timer behind its end")
    require(requestCount == 0, "has requests behind its end")
    require(deferredCount == 0, "has deferred requests behind its end")
    require(observerCount == 0, "has observers behind its end")
    for index in 0..<requests.count {
      require(requests[index].state == .free, "has an entry of a request behind its end")
    }
    for index in 0..<deferred.count {
      require(!deferred[index].isUsed, "has an entry of a deferred request behind its end")
    }
    for index in 0..<incoming.count {
      require(incoming[index].state == .free, "has an entry of a body behind its end")
    }
    for index in 0..<observers.count {
      require(observers[index].request == nil, "has an entry of an observer behind its end")
    }
    require(kept == nil, "keeps an answer behind its end")
    require(!stallTimer.isOn && !phaseTimer.isOn && !messageTimer.isOn, "has a timer running behind its end")
  }
}

extension TestEnd {
  /// Comes to an end in the way that `choice` says, whatever was before; then nothing is left and nothing happens.
  mutating func conclude<Handler: RequestHandler & ~Copyable>(
    _ choice: UInt8, _ judge: inout Judge, serving handler: inout Handler
  ) {
    takesOutput = true
    switch choice % 6 {
    case 0: connection.abort("the end", at: now)
    case 1: connection.receiveEnd(at: now)
    case 2: connection.transportFailed()
    case 3: connection.release(holdOffSeconds: 7, at: now)
    default: break
    }
    var steps = 0
    while !connection.isOver {
      run(serving: &handler)
      judge.look(&output)
      switch connection.transportAction {
      case .finishWriting:
        connection.didFinishWriting(at: now)
        if choice & 0x40 != 0 { connection.receiveEnd(at: now) }
      case .close: break
      case .keepOpen:
        // A deadline, or the peer goes: one that is silent may stay for ever.
        if connection.deadline != nil, steps % 16 < 12 {
          waitForDeadline(serving: &handler)
        } else {
          end(steps)
        }
      }
      steps += 1
      require(steps < 600, "does not come to an end")
    }
    run(serving: &handler)
    judge.look(&output)
    require(tally.closed == 1, "has not told its end once")
    require(tally.illegal == 0, "tells what cannot be")
    require(tally.outstanding == 0, "leaves a request without an end")
    connection.requireEmpty()
    requireSilence(&handler)
  }

  private mutating func end(_ steps: Int) {
    if steps < 100 { connection.receiveEnd(at: now) } else { connection.transportFailed() }
  }

  private mutating func waitForDeadline<Handler: RequestHandler & ~Copyable>(serving handler: inout Handler) {
    guard let deadline = connection.deadline else { return }
    if now.isBefore(deadline) { now = deadline }
    run(serving: &handler)
  }

  /// Whatever is done to a connection that is over changes nothing.
  private mutating func requireSilence<Handler: RequestHandler & ~Copyable>(_ handler: inout Handler) {
    let left = output.count
    let (requests, closed, end) = (tally.requests, tally.closed, tally.end)
    feed("00e1 01017f 01e27f", serving: &handler)
    connection.receiveEnd(at: now)
    connection.didFinishWriting(at: now)
    connection.abort("late", at: now)
    connection.release(at: now)
    connection.transportFailed()
    require(ping() == .ending, "sends a Ping behind its end")
    require(ask() == .ending, "sends a request behind its end")
    now = now + .seconds(100_000)
    run(serving: &handler)
    require(output.count == left, "sends something behind its end")
    require(
      tally.requests == requests && tally.closed == closed && tally.end == end, "tells more behind its end")
    require(tally.illegal == 0, "tells what cannot be behind its end")
    connection.requireEmpty()
  }

  mutating func feed<Handler: RequestHandler & ~Copyable>(_ hex: StaticString, serving handler: inout Handler)
  {
    let bytes = ByteStore(.input, hex: hex)
    feed(bytes.bytes, serving: &handler)
  }
}

extension Judge {
  /// The CSM was looked at by somebody else.
  mutating func skipCapabilities() { state.count = 1 }

  /// The peer takes so much from now on; what is under way may be as large as before.
  mutating func raiseLimit(to byteCount: UInt32) {
    state.largest_message = max(state.largest_message, UInt64(byteCount))
  }
}
