/// Why the check of a requirement ended before its end.
enum Stop: Error {
  case failed(Reason)
  /// It could not be checked here.
  case skipped(StaticString)

  static func failed(
    _ text: StaticString, _ number: UInt32? = nil, _ rest: StaticString = ""
  ) -> Stop {
    .failed(Reason(text: text, number: number, rest: rest))
  }
}

/// A sentence for a person, with at most one number in it.
struct Reason {
  let text: StaticString
  let number: UInt32?
  let rest: StaticString
  /// Which connection it was, of many.
  var round: UInt32?
}
