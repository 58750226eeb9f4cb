import CCheckSupport

/// A mistake in a port that the check has to find: a check that cannot fail is worth nothing.
enum Flaw: UInt8 {
  case clock
  case clockRate
  case waitLate
  case waitDeaf
  case waitPast
  case entropy
  case entropyRest
  case date
  case accept
  case lostByte
  case readBlocks
  case halfClose
  case halfCloseBoth
  case end
  case refused
  case reset
  case backPressure
  case close
  case closeAborts

  /// What it is called behind `--break`.
  var name: StaticString {
    switch self {
    case .clock: "clock"
    case .clockRate: "clock-rate"
    case .waitLate: "wait-late"
    case .waitDeaf: "wait-deaf"
    case .waitPast: "wait-past"
    case .entropy: "entropy"
    case .entropyRest: "entropy-rest"
    case .date: "date"
    case .accept: "accept"
    case .lostByte: "lost-byte"
    case .readBlocks: "read-blocks"
    case .halfClose: "half-close"
    case .halfCloseBoth: "half-close-both"
    case .end: "end"
    case .refused: "refused"
    case .reset: "reset"
    case .backPressure: "back-pressure"
    case .close: "close"
    case .closeAborts: "close-aborts"
    }
  }

  /// - Returns: nil for a name that there is not.
  @unsafe
  init?(named text: UnsafePointer<CChar>) {
    var index: UInt8 = 0
    while let flaw = Flaw(rawValue: index) {
      if unsafe check_is_same(text, flaw.name.utf8Start) {
        self = flaw
        return
      }
      index += 1
    }
    return nil
  }
}
