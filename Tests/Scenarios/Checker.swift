/// Notes what a scenario found wrong. Works without memory: it keeps the first failure and counts the rest.
public struct Checker {
  public private(set) var failureCount = 0
  /// The first failure's text, file and line.
  public private(set) var message: StaticString = ""
  public private(set) var file: StaticString = ""
  public private(set) var line: UInt32 = 0
  /// What the scenario was working on, for instance a vector's id.
  public private(set) var failedSubject: StaticString = ""
  /// Set before a group of checks, so that a failure names it.
  public var subject: StaticString = ""
  /// Something worth knowing about a run that is no failure; shown behind the scenario's name.
  public var note: StaticString = ""

  public init() {}

  public mutating func expect(
    _ condition: Bool, _ message: StaticString = "expectation not met",
    file: StaticString = #fileID, line: UInt32 = #line
  ) {
    if !condition { fail(message, file: file, line: line) }
  }

  @inline(never)
  public mutating func fail(
    _ message: StaticString, file: StaticString = #fileID, line: UInt32 = #line
  ) {
    if failureCount == 0 {
      self.message = message
      self.file = file
      self.line = line
      failedSubject = subject
    }
    failureCount += 1
  }
}
