import DeviceCore
import Port

extension PortCheck {
  /// The best of a few: a machine that is busy with other things may be late now and then.
  mutating func checkWaitReachesDeadline() throws(Stop) {
    var least = Milliseconds(0x7fff_ffff)
    for _ in 0..<5 {
      let deadline = now() + Milliseconds(60)
      var reading = now()
      while !deadline.isReached(at: reading) {
        board.wait(until: deadline)
        reading = now()
      }
      least = min(least, reading.since(deadline))
    }
    guard least <= Milliseconds(20) else {
      throw .failed("it returned", least.rawValue, "ms too late, at the best")
    }
  }

  mutating func checkWaitEndsForConnection() throws(Stop) {
    let start = now()
    _ = try call(after: Milliseconds(300))
    var stream: D.Stream?
    _ = try wait(.seconds(5), nap: .seconds(5)) { check throws(Stop) in
      stream = check.listener.accept()
      return stream != nil
    }
    guard let stream else { throw .failed("no connection came in within 5 s") }
    _ = hold(stream)
    guard now().since(start) < .seconds(4) else { throw .failed("it slept on when a connection came in") }
  }

  mutating func checkWaitEndsForBytes() throws(Stop) {
    var peer = try dial()
    let start = now()
    _ = try ask(.later, 0, 300)
    _ = try ask(.send, peer.number, 1)
    let isThere = try wait(.seconds(5), nap: .seconds(5)) { check throws(Stop) in
      try check.read(1, from: &peer) != .nothingYet
    }
    guard isThere else { throw .failed("no byte came in within 5 s") }
    guard now().since(start) < .seconds(4) else { throw .failed("it slept on when bytes came in") }
  }

  /// A deadline that is over is not one that comes in 24 days. What comes from the partner ends such a sleep.
  mutating func checkWaitKnowsThePast() throws(Stop) {
    let peer = try dial()
    _ = try ask(.later, 0, 2000)
    _ = try ask(.send, peer.number, 1)
    let start = now()
    for _ in 0..<10 { board.wait(until: Instant(rawValue: start.rawValue &- 10)) }
    guard now().since(start) < .seconds(1) else { throw .failed("it slept although the deadline was over") }
  }
}
