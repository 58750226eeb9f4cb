import Scenarios
import Synchronization
import Testing

/// Scenarios share static memory, as on a device.
private let isRunning = Mutex(())

/// Runs one scenario of the table that the boards run too, and reports its first failure.
func runScenario(_ index: Int, sourceLocation: SourceLocation = #_sourceLocation) {
  var checker = Checker()
  isRunning.withLock { _ in ScenarioTable.run(index, &checker) }
  if checker.failureCount > 0 {
    let subject = checker.failedSubject.utf8CodeUnitCount > 0 ? " for \(checker.failedSubject)" : ""
    Issue.record(
      "\(checker.message)\(subject) at \(checker.file):\(checker.line), \(checker.failureCount) in all",
      sourceLocation: sourceLocation)
  }
}
