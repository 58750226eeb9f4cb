import DeviceCore
import LinuxSupport

/// What all cases came to.
struct ProbeReport {
  private struct Row {
    let name: String
    let rows: [String]
    let sends: String
    let rule: String
    let section: String
    let finding: Finding
    let sent: String
    let came: [String]
  }

  private let subject: String
  private var rows: [Row] = []

  init(subject: String) { self.subject = subject }

  mutating func add(_ one: ProbeCase, _ finding: Finding, sent: String, came: [String]) {
    rows.append(
      Row(
        name: one.name, rows: one.rows, sends: one.sends, rule: one.rule, section: one.section,
        finding: finding,
        sent: sent, came: came))
  }

  func count(_ verdict: Verdict) -> Int { rows.count { $0.finding.verdict == verdict } }

  func write(asJSON: Bool) {
    if asJSON { return writeLine(json) }
    let isColored = Terminal(1).isColored
    for row in rows {
      let mark = row.finding.verdict.rawValue.padding(to: 14)
      let shown = isColored ? "\u{1b}[\(Self.color(row.finding.verdict))m\(mark)\u{1b}[0m" : mark
      writeLine(
        "\(shown) \(row.name.padding(to: 26)) \(row.rows[0].padding(to: 5)) \(short(row.finding.got))")
    }
    for row in rows where row.finding.verdict == .violates || row.finding.verdict == .differs {
      writeLine("")
      writeLine("\(row.name): \(row.finding.verdict.rawValue)")
      writeLine("  rule      \(row.rule) (\(row.section); \(row.rows.joined(separator: ", ")))")
      writeLine("  sent      \(row.sends)\(row.sent.isEmpty ? "" : ": \(row.sent.prefix(100))")")
      writeLine("  came      \(printable(row.finding.got))")
      for line in row.came.suffix(3) { writeLine("            \(printable(line))") }
    }
    writeLine("")
    let counts = [Verdict.conforms, .differs, .violates, .skipped].map { "\(count($0)) \(Self.word($0))" }
    writeLine("\(subject): \(counts.joined(separator: ", "))")
  }

  private static func word(_ verdict: Verdict) -> String {
    verdict == .conforms
      ? "conform" : verdict == .violates ? "violate" : verdict == .differs ? "differ" : verdict.rawValue
  }

  private static func color(_ verdict: Verdict) -> Int {
    switch verdict {
    case .conforms: 32
    case .violates: 31
    case .differs: 33
    case .skipped: 2
    }
  }

  private var json: String {
    let cases = rows.map { row in
      "{"
        + [
          "\"name\": \(quoted(row.name))", "\"rows\": [\(row.rows.map(quoted).joined(separator: ", "))]",
          "\"verdict\": \(quoted(row.finding.verdict.rawValue))", "\"rule\": \(quoted(row.rule))",
          "\"section\": \(quoted(row.section))", "\"sends\": \(quoted(row.sends))",
          "\"sent\": \(quoted(row.sent))",
          "\"got\": \(quoted(row.finding.got))",
          "\"came\": [\(row.came.map(quoted).joined(separator: ", "))]",
        ].joined(separator: ", ") + "}"
    }
    return
      "{\"subject\": \(quoted(subject)), \"conforms\": \(count(.conforms)), \"differs\": \(count(.differs)), "
      + "\"violates\": \(count(.violates)), \"cases\": [\n \(cases.joined(separator: ",\n "))\n]}"
  }

  /// For a row of the table; what is worth more stands below it.
  private func short(_ text: String) -> String {
    let limit = 60
    return printable(text.count > limit ? text.prefix(limit) + "..." : text)
  }

  /// What a peer has sent must not steer a terminal.
  private func printable(_ text: String) -> String { printableText(Array(text.utf8).span) }

  private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f: result += "\\u00" + hex([UInt8(scalar.value)])
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

/// Which case is under way, for somebody who watches.
struct ProbeProgress {
  private let total: Int
  private let isShown: Bool
  private var done = 0

  init(total: Int, isShown: Bool) {
    self.total = total
    self.isShown = isShown && Terminal().isThere
  }

  mutating func show(_ name: String) {
    done += 1
    guard isShown else { return }
    let filled = 30 * done / max(total, 1)
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: 30 - filled)
    writeBytes(Array("\r\u{1b}[K[\(bar)] \(done) of \(total) \(name)".utf8), to: 2)
  }

  func end() { if isShown { writeBytes(Array("\r\u{1b}[K".utf8), to: 2) } }
}
