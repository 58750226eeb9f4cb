import DeviceCore
import Glibc
import LinuxSupport

/// How far a transfer is, in one line of a terminal on standard error that is drawn over and over; nothing
/// where there is no terminal.
struct ProgressBar {
  private let terminal = Terminal()
  private var start: Instant?
  /// When to draw again, as long as there is something to draw.
  private(set) var nextUpdate: Instant?
  /// Whether it has been seen.
  private(set) var isShown = false
  /// Whether the cursor stands in its line.
  private var isOnLine = false

  /// What is over sooner needs no bar.
  private static let delay = Milliseconds(100)
  private static let interval = Milliseconds(100)
  private static let barWidth = 24
  private static let green = "\u{1b}[32m"
  private static let plain = "\u{1b}[0m"

  /// Draws when it is time to.
  mutating func update(_ progress: Transfer.Progress, at now: Instant) {
    guard terminal.isThere else { return }
    if start == nil {
      start = now
      nextUpdate = now + ProgressBar.delay
    }
    guard let next = nextUpdate, next.isReached(at: now) else { return }
    nextUpdate = now + ProgressBar.interval
    guard progress.done > 0, isShown || progress.done < progress.total ?? .max else { return }
    isShown = true
    isOnLine = true
    write("\r" + line(progress, at: now) + "\u{1b}[K")
  }

  /// Leaves the line empty.
  mutating func clear() {
    guard isOnLine else { return }
    isOnLine = false
    write("\r\u{1b}[K")
  }

  /// Replaces the bar by what there is to say in the end.
  mutating func finish(_ progress: Transfer.Progress, at now: Instant) {
    guard isShown else { return }
    clear()
    let seconds = elapsed(at: now)
    writeLine(
      "\(progress.isUpload ? "sent" : "received") \(sizeText(progress.done)) in "
        + "\(tenths(seconds)) s (\(rateText(progress, at: now)))", to: STDERR_FILENO)
  }

  private func line(_ progress: Transfer.Progress, at now: Instant) -> String {
    let verb = progress.isUpload ? "sending" : "receiving"
    let rate = rateText(progress, at: now)
    guard let total = progress.total, total > 0 else {
      return fitted("\(verb)  \(sizeText(progress.done))  \(rate)")
    }
    let share = Double(progress.done) / Double(total)
    let filled = Int(share * Double(ProgressBar.barWidth))
    let bar =
      String(repeating: "#", count: filled)
      + String(repeating: ".", count: ProgressBar.barWidth - filled)
    let percent = padded("\(Int(share * 100))", 3)
    let text =
      "\(percent)%  \(sizeText(progress.done)) of \(sizeText(total))  \(rate)  "
      + "\(timeLeft(progress, total, at: now)) left"
    let room = Terminal.width() - 1
    guard verb.count + ProgressBar.barWidth + text.count + 6 <= room else { return fitted(text) }
    let coloured = terminal.isColored ? ProgressBar.green + bar + ProgressBar.plain : bar
    return "\(verb)  [\(coloured)]  \(text)"
  }

  /// A line that wraps could not be drawn over.
  private func fitted(_ text: String) -> String { String(text.prefix(max(0, Terminal.width() - 1))) }

  private func elapsed(at now: Instant) -> Double {
    start.map { Double(now.since($0).rawValue) / 1000 } ?? 0
  }

  private func rate(_ progress: Transfer.Progress, at now: Instant) -> Double {
    Double(progress.done) / max(elapsed(at: now), 0.001)
  }

  private func rateText(_ progress: Transfer.Progress, at now: Instant) -> String {
    sizeText(UInt32(min(rate(progress, at: now), 4e9))) + "/s"
  }

  private func timeLeft(_ progress: Transfer.Progress, _ total: UInt32, at now: Instant) -> String {
    let rest = Double(total) - Double(progress.done)
    let seconds = Int((rest / max(rate(progress, at: now), 1)).rounded(.up))
    let minutes = seconds / 60
    let clock = padded("\(seconds % 60)", 2, fill: "0")
    guard minutes >= 60 else { return "\(minutes):\(clock)" }
    return "\(minutes / 60):\(padded("\(minutes % 60)", 2, fill: "0")):\(clock)"
  }

  private func write(_ text: String) { writeBytes(Array(text.utf8), to: STDERR_FILENO) }
}

/// `12 bytes`, `1.5 KiB`, `3.0 MiB`.
func sizeText(_ count: UInt32) -> String {
  guard count >= 1024 else { return byteCount(Int(count)) }
  let kibibytes = Double(count) / 1024
  return kibibytes < 1024 ? "\(tenths(kibibytes)) KiB" : "\(tenths(kibibytes / 1024)) MiB"
}

/// A number that is not negative with one digit behind the point.
private func tenths(_ number: Double) -> String {
  let whole = Int((number * 10).rounded())
  return "\(whole / 10).\(whole % 10)"
}
