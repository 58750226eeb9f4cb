import DeviceCore

/// Where a run on a board writes its report.
public protocol Console {
  mutating func write(_ bytes: Span<UInt8>)
}

extension Console {
  public mutating func write(_ text: StaticString) {
    write(text.bytes)
  }

  public mutating func write(decimal number: Int) {
    precondition(number >= 0)
    var digits = InlineArray<10, UInt8>(repeating: 0)
    var start = 10
    var rest = number
    repeat {
      start -= 1
      digits[start] = UInt8(0x30 + rest % 10)
      rest /= 10
    } while rest > 0 && start > 0
    write(digits.span.extracting(start..<10))
  }
}

/// Runs every scenario and reports: a line a scenario, at the end `N passed, N failed`.
///
/// - Returns: the number of scenarios that failed.
public func runAllScenarios<C: Console>(on console: inout C) -> Int {
  var failed = 0
  for index in 0..<ScenarioTable.count {
    var checker = Checker()
    ScenarioTable.run(index, &checker)
    if checker.failureCount == 0 {
      console.write("pass ")
      console.write(ScenarioTable.name(at: index))
      if checker.note.utf8CodeUnitCount > 0 {
        console.write(": ")
        console.write(checker.note)
      }
    } else {
      failed += 1
      console.write("FAIL ")
      console.write(ScenarioTable.name(at: index))
      console.write(": ")
      console.write(checker.message)
      console.write(" at ")
      console.write(checker.file)
      console.write(":")
      console.write(decimal: Int(checker.line))
      if checker.failedSubject.utf8CodeUnitCount > 0 {
        console.write(" for ")
        console.write(checker.failedSubject)
      }
    }
    console.write("\n")
  }
  console.write(decimal: ScenarioTable.count - failed)
  console.write(" passed, ")
  console.write(decimal: failed)
  console.write(" failed\n")
  return failed
}
