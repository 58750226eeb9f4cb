/// What a port has to do, in the order in which it is checked: what comes later needs what stands before.
enum Requirement: UInt8 {
  case clockMoves
  case waitReachesDeadline
  case randomness
  case dial
  case clockRate
  case date
  case accept
  case waitEndsForConnection
  case waitEndsForBytes
  case waitKnowsThePast
  case readOfNothing
  case write
  case read
  case bothDirections
  case finishWriting
  case peerFinishes
  case end
  case refusal
  case reset
  case backPressure
  case lastBytes
  case closing
  case several
  case cable
  case reconnecting
  case clockStays

  /// The function of the port that is to blame when the check fails.
  var function: StaticString {
    switch self {
    case .clockMoves, .clockRate, .clockStays: "now"
    case .waitReachesDeadline, .waitEndsForConnection, .waitEndsForBytes, .waitKnowsThePast: "wait"
    case .randomness: "fillRandom"
    case .dial, .refusal, .reconnecting: "dial"
    case .date: "unixTime"
    case .accept, .several: "accept"
    case .readOfNothing, .read, .peerFinishes, .end, .reset: "read"
    case .write, .bothDirections, .backPressure, .cable: "write"
    case .finishWriting: "finishWriting"
    case .lastBytes, .closing: "close"
    }
  }

  /// What is true when the check passes.
  var promise: StaticString {
    switch self {
    case .clockMoves: "the clock is monotonic"
    case .waitReachesDeadline: "it returns when the deadline is reached"
    case .randomness: "random bits come, and fill every byte"
    case .dial: "a connection to the partner opens"
    case .clockRate: "the clock runs within 5 % of the host's"
    case .date: "the date is the host's"
    case .accept: "a connection comes in"
    case .waitEndsForConnection: "it returns early when a connection comes in"
    case .waitEndsForBytes: "it returns early when bytes come in"
    case .waitKnowsThePast: "it returns at once when the deadline is over"
    case .readOfNothing: "where nothing is there it says so at once"
    case .write: "100000 bytes arrive as they were"
    case .read: "100000 bytes come as they were sent"
    case .bothDirections: "100000 bytes pass in both directions at once"
    case .finishWriting: "the peer sees the end after the last byte, and can still send"
    case .peerFinishes: "the peer has finished, and still gets what is written"
    case .end: "the end comes after the last byte, and again"
    case .refusal: "a refused connection fails"
    case .reset: "a connection that the peer resets fails"
    case .backPressure: "a peer that does not read stops it, and no byte is lost"
    case .lastBytes: "what was written before still arrives, and then the end"
    case .closing: "200 short connections leave nothing behind"
    case .several: "several connections work at once"
    case .cable: "a connection outlives a pulled cable, and no byte is lost"
    case .reconnecting: "with the cable pulled, close gives way to a new connection"
    case .clockStays: "the clock did not go back in all that time"
    }
  }
}
