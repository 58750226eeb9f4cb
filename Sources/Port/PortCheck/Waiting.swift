import DeviceCore
import Port

/// How long something may take that takes milliseconds on a good day.
var patience: Milliseconds { .seconds(10) }

extension PortCheck {
  /// The clock's reading; remembers when it went back.
  mutating func now() -> Instant {
    let reading = board.now
    let step = reading.rawValue &- lastReading.rawValue
    // A clock may wrap, so only the difference tells.
    if step >= 0x8000_0000 { largestStepBack = max(largestStepBack, 0 &- step) }
    lastReading = reading
    return reading
  }

  /// Asks `isDone` until it says so, and sleeps in between.
  ///
  /// - Parameter nap: the longest sleep at a time. It is short, so that one wait which sleeps through an event
  ///   does not fail all checks; those of the wait itself sleep as long as they may.
  /// - Returns: false when it did not say so within `limit`.
  mutating func wait(
    _ limit: Milliseconds = patience, nap: Milliseconds = Milliseconds(50),
    until isDone: (inout PortCheck) throws(Stop) -> Bool
  ) throws(Stop) -> Bool {
    let deadline = now() + limit
    while true {
      if try isDone(&self) { return true }
      let time = now()
      if deadline.isReached(at: time) { return false }
      board.wait(until: time + min(nap, deadline.since(time)))
    }
  }

  /// Lets time pass, whatever comes in.
  mutating func sleep(_ span: Milliseconds) {
    let deadline = now() + span
    while !deadline.isReached(at: now()) { board.wait(until: deadline) }
  }
}
