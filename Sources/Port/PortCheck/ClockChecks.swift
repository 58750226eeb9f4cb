import DeviceCore
import Port

extension PortCheck {
  /// A clock that stands still ends no loop, so the readings are counted too.
  mutating func checkClockMoves() throws(Stop) {
    let start = now()
    var last = start
    var readings = 0
    isHopeless = true
    while last.since(start) < Milliseconds(200) {
      let reading = now()
      readings = reading == last ? readings + 1 : 0
      last = reading
      guard readings < 10_000_000, !NotWritten.isNoted else { throw .failed("the clock stands still") }
    }
    isHopeless = false
    guard largestStepBack == 0 else { throw wentBack }
  }

  /// The partner's clock at two moments; each lies between two readings of the board's, as near to each other as
  /// the network lets them be.
  mutating func checkClockRate() throws(Stop) {
    let first = try askTime()
    sleep(.seconds(3))
    let second = try askTime()
    let host = second.host &- first.host
    let least = second.before.since(first.after).rawValue
    let most = second.after.since(first.before).rawValue
    guard least <= host + host / 20 else { throw .failed("it runs", (least - host) * 100 / host, "% fast") }
    guard most >= host - host / 20 else { throw .failed("it runs", (host - most) * 100 / host, "% slow") }
  }

  mutating func checkClockStays() throws(Stop) {
    guard largestStepBack == 0 else { throw wentBack }
  }

  /// A date that is known may be as wrong as certificates can bear.
  mutating func checkDate() throws(Stop) {
    guard let date = board.unixTime else {
      throw .skipped("the board knows no date, so it cannot check certificates")
    }
    let host = try ask(.date).value
    let difference = date > host ? date - host : host - date
    guard difference <= 3600 else { throw .failed("it is wrong by", difference, "s") }
  }

  private var wentBack: Stop { .failed("went back by", largestStepBack, "ms") }

  /// The fastest of a few answers.
  private mutating func askTime() throws(Stop) -> (host: UInt32, before: Instant, after: Instant) {
    var best: (host: UInt32, before: Instant, after: Instant)?
    for _ in 0..<5 {
      let before = now()
      let host = try ask(.time).value
      let after = now()
      if let known = best, known.after.since(known.before) <= after.since(before) { continue }
      best = (host, before, after)
    }
    return best!
  }
}
