import DeviceCore
import Port

/// The conformance kit of the port: it exercises all that a port has to do, on the machine for which it was
/// written, and writes a line for each requirement.
///
///     PASS now: the clock is monotonic
///     FAIL read: the first wrong byte was number 512
///     port check: 24 passed, 1 failed
///
/// The other end of its connections is the partner, `toolchain/lib/check_partner.py`, which does what this tells
/// it over a connection of its own.
public struct PortCheck<B: Board, L: Listener, D: Dialler, C: Console>: ~Copyable
where L.Stream == D.Stream {
  var board: B
  var listener: L
  var dialler: D
  var report: Report<C>
  let partner: DialPlace
  let listeningPort: UInt16
  /// The places for connections, that to the partner's ear included.
  let placeCount: Int
  var held = InlineArray<8, D.Stream?>(repeating: nil)
  var lastNumber: UInt16 = 0
  /// Whether nothing that comes later can be checked.
  var isHopeless = false
  var lastReading: Instant
  var largestStepBack: UInt32 = 0

  /// - Parameters:
  ///   - partner: where the partner listens, as the target sees it.
  ///   - listeningPort: the port of `listener`, on which the partner is to connect.
  ///   - connections: how many connections the machine has at a time, at least two: one is for commands to
  ///     the partner.
  public init(
    board: B, listener: L, dialler: D, console: C, partner: DialPlace, listeningPort: UInt16, connections: Int
  ) {
    precondition(connections >= 2)
    self.board = board
    self.listener = listener
    self.dialler = dialler
    report = Report(console)
    self.partner = partner
    self.listeningPort = listeningPort
    placeCount = min(connections, 8)
    lastReading = board.now
  }

  /// Checks everything; it takes about half a minute.
  ///
  /// - Returns: how many requirements failed.
  public mutating func run() -> Int {
    var index: UInt8 = 0
    while let requirement = Requirement(rawValue: index) {
      let isMet = check(requirement)
      closeAll()
      if !isMet && (isHopeless || NotWritten.isNoted) { break }
      index += 1
    }
    report.finish()
    return Int(report.failed)
  }

  /// - Returns: whether it did not fail.
  private mutating func check(_ requirement: Requirement) -> Bool {
    let result: Stop?
    do throws(Stop) {
      try perform(requirement)
      result = nil
    } catch {
      result = error
    }
    // Whatever else went wrong: the function is not there.
    if let function = unsafe NotWritten.first {
      report.fail(requirement, function)
      return false
    }
    switch result {
    case nil: report.pass(requirement)
    case .skipped(let reason): report.skip(requirement, reason)
    case .failed(let reason):
      report.fail(requirement, reason)
      return false
    }
    return true
  }

  private mutating func perform(_ requirement: Requirement) throws(Stop) {
    switch requirement {
    case .clockMoves: try checkClockMoves()
    case .waitReachesDeadline: try checkWaitReachesDeadline()
    case .randomness: try checkRandomness()
    case .dial: try meetPartner()
    case .clockRate: try checkClockRate()
    case .date: try checkDate()
    case .accept: try checkAccept()
    case .waitEndsForConnection: try checkWaitEndsForConnection()
    case .waitEndsForBytes: try checkWaitEndsForBytes()
    case .waitKnowsThePast: try checkWaitKnowsThePast()
    case .readOfNothing: try checkReadOfNothing()
    case .write: try checkWrite()
    case .read: try checkRead()
    case .bothDirections: try checkBothDirections()
    case .finishWriting: try checkFinishWriting()
    case .peerFinishes: try checkPeerFinishes()
    case .end: try checkEnd()
    case .refusal: try checkRefusal()
    case .reset: try checkReset()
    case .backPressure: try checkBackPressure()
    case .lastBytes: try checkLastBytes()
    case .closing: try checkClosing()
    case .several: try checkSeveral()
    case .cable: try checkCable()
    case .reconnecting: try checkReconnecting()
    case .clockStays: try checkClockStays()
    }
  }
}
