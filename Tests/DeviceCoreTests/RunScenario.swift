import Scenarios
import Testing

/// Runs one scenario of the table that the boards run too, and reports its first failure.
func runScenario(_ index: Int, sourceLocation: SourceLocation = #_sourceLocation) {
  var checker = Checker()
  ScenarioTable.run(index, &checker)
  if checker.failureCount > 0 {
    let subject = checker.failedSubject.utf8CodeUnitCount > 0 ? " for \(checker.failedSubject)" : ""
    Issue.record(
      "\(checker.message)\(subject) at \(checker.file):\(checker.line), \(checker.failureCount) in all",
      sourceLocation: sourceLocation)
  }
}
