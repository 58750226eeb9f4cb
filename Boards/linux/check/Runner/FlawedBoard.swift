import DeviceCore
import Port
import PortSockets

/// The board of this computer with a mistake in it.
struct FlawedBoard: Board {
  private var board: SocketBoard
  private let flaw: Flaw

  init(_ board: SocketBoard, _ flaw: Flaw) {
    self.board = board
    self.flaw = flaw
  }

  var now: Instant {
    let time = board.now.rawValue
    switch flaw {
    case .clock: return Instant(rawValue: time % 64 < 32 ? time : time &- 24)
    case .clockRate: return Instant(rawValue: time &+ time / 10)
    default: return board.now
    }
  }

  var unixTime: UInt32? {
    flaw == .date ? board.unixTime.map { $0 + 86_400 } : board.unixTime
  }

  mutating func wait(until deadline: Instant?) {
    guard let deadline else { return board.wait(until: nil) }
    var span = deadline.since(now)
    switch flaw {
    case .waitLate: span = Milliseconds(span.rawValue + 40)
    case .waitPast where deadline.isReached(at: now): span = .seconds(5)
    default: break
    }
    let end = board.now + span
    repeat { board.wait(until: end) } while flaw == .waitDeaf && !end.isReached(at: board.now)
  }

  mutating func fillRandom(_ bytes: inout MutableSpan<UInt8>) -> Bool {
    switch flaw {
    case .entropy:
      for index in bytes.indices { bytes[index] = 0x55 }
      return true
    case .entropyRest:
      var words = bytes._mutatingExtracting(0..<bytes.count / 4 * 4)
      return board.fillRandom(&words)
    default: return board.fillRandom(&bytes)
    }
  }
}
