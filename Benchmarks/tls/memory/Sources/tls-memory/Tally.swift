/// Counts what was checked, and prints what was not as it has to be.
struct Tally {
  private(set) var passedCount = 0
  private(set) var failedCount = 0

  mutating func add(_ passed: Bool, _ text: @autoclosure () -> String) {
    if passed {
      passedCount += 1
    } else {
      failedCount += 1
      print(text())
    }
  }
}
