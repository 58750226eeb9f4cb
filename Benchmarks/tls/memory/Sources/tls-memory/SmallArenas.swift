import Port
import PortTLS
import PortTLSCertificates
import TLSArena

/// Runs one side in arenas from 1 KiB to the size that just does: each smaller one has to lead to the error that says
/// so, and to nothing else.
struct SmallArenas {
  let arrangement: Arrangement
  let role: TLSContext.Role
  let credentials: Credentials
  let step: Int

  /// How a side has ended, as an exit code.
  private enum Outcome: Int32 {
    case served = 10
    case outOfMemory
    case otherFailure
    /// TLS has gone on after it got no memory, which it does not always notice (CVE-2025-27810).
    case servedInSpite
    case kept
  }

  func run(_ tally: inout Tally) {
    guard let needed = neededByteCount() else {
      return tally.add(false, "\(label): no connection in an arena that is large")
    }
    for byteCount in stride(from: 1024, to: needed, by: step) + [needed - 8] {
      let (outcome, end) = attempt(byteCount)
      tally.add(outcome == .outOfMemory, "\(label), \(byteCount) of \(needed) bytes: \(text(outcome, end))")
    }
    let (outcome, end) = attempt(needed)
    tally.add(outcome == .served, "\(label), all of \(needed) bytes: \(text(outcome, end))")
  }

  private var label: String { "small arena, \(arrangement.rawValue), \(role.name)" }

  private func text(_ outcome: Outcome?, _ end: ProcessEnd) -> String {
    outcome.map { "\($0)" } ?? "\(end)"
  }

  /// The smallest arena that does: found by halves, for what fits into one fits into any larger one.
  private func neededByteCount() -> Int? {
    var (tooSmall, enough) = (1024, Measurement.ampleByteCount)
    guard attempt(enough, isSearching: true).0 == .served else { return nil }
    while enough - tooSmall > 8 {
      let middle = (tooSmall + enough) / 16 * 8
      if attempt(middle, isSearching: true).0 == .served { enough = middle } else { tooSmall = middle }
    }
    return enough
  }

  private func attempt(_ byteCount: Int, isSearching: Bool = false) -> (Outcome?, ProcessEnd) {
    let end = runConnected(
      { stream in serve(stream, byteCount, says: !isSearching).rawValue },
      { stream in Measurement.takePart(as: role.other, in: arrangement, credentials, stream) })
    guard case .code(let code) = end else { return (nil, end) }
    return (Outcome(rawValue: code), end)
  }

  private func serve(_ stream: ProcessStream, _ byteCount: Int, says: Bool) -> Outcome {
    useArena(of: byteCount)
    var side: Side
    do {
      side = try Side(arrangement.offer(of: role), credentials)
    } catch {
      let isLack = error as? TLSFault == .outOfMemory || error as? CredentialError == .outOfMemory
      if isLack { return .outOfMemory }
      if says { print("  \(error)") }
      return .otherFailure
    }
    let base = TLSArena.usedByteCount
    let failures = TLSArena.failureCount
    var talk = Talk(side.connect(stream))
    let failure = talk.shakeHands()
    let isVoid = TLSArena.failureCount != failures
    if failure == nil {
      if role == .client { talk.save() }
      _ = talk.exchange(4000, as: role)
    }
    talk.close()
    guard TLSArena.usedByteCount == base else { return .kept }
    guard let failure else { return isVoid ? .servedInSpite : .served }
    if failure == .local(.outOfMemory) { return .outOfMemory }
    if says { print("  \(failure)") }
    return .otherFailure
  }
}
