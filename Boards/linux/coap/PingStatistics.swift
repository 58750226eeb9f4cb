/// Round-trip times of a series of Pings.
struct PingStatistics {
  private(set) var sentCount = 0
  private(set) var receivedCount = 0
  private var least = Duration.zero
  private var most = Duration.zero
  private var sum = 0.0
  private var sumOfSquares = 0.0

  mutating func noteSent() {
    sentCount += 1
  }

  mutating func note(_ time: Duration) {
    least = receivedCount == 0 ? time : min(least, time)
    most = max(most, time)
    receivedCount += 1
    sum += time.milliseconds
    sumOfSquares += time.milliseconds * time.milliseconds
  }

  /// One or two lines like those of ping(8).
  var summary: [String] {
    let lost = sentCount == 0 ? 0 : (sentCount - receivedCount) * 100 / sentCount
    let counts = "\(sentCount) pings, \(receivedCount) pongs, \(lost)% missing"
    guard receivedCount > 0 else { return [counts] }
    let mean = sum / Double(receivedCount)
    let deviation = max(0, sumOfSquares / Double(receivedCount) - mean * mean).squareRoot()
    let times = [least.milliseconds, mean, most.milliseconds, deviation].map(thousandths)
    return [counts, "round trip min/avg/max/mdev = \(times.joined(separator: "/")) ms"]
  }
}

extension Duration {
  var milliseconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) * 1e3 + Double(attoseconds) * 1e-15
  }

  /// `0.123`: to the microsecond.
  var millisecondsText: String { thousandths(milliseconds) }
}

/// A number that is not negative with three digits behind the point.
private func thousandths(_ number: Double) -> String {
  let whole = Int((number * 1000).rounded())
  return "\(whole / 1000)." + padded("\(whole % 1000)", 3, fill: "0")
}
