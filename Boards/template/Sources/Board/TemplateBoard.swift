import DeviceCore
import Port
import PortCheck

/// Time, waiting and randomness of this board: steps 1 to 3.
public struct TemplateBoard: Board {
  /// The board, after start-up.
  public init() {}

  /// Step 1. Milliseconds since any moment; 32 bits that wrap to zero after 49.7 days.
  public var now: Instant {
    NotWritten.note("the milliseconds of a timer that never stops and never goes back")
    return Instant(rawValue: 0)
  }

  /// Step 2. Sleeps until `deadline`, or until the network has something. It may return early, but not late.
  public mutating func wait(until deadline: Instant?) {
    NotWritten.note("sleep until the deadline, or until the network has something to do")
  }

  /// Step 3. All of `bytes` from the hardware's generator; false when it does not work.
  public mutating func fillRandom(_ bytes: inout MutableSpan<UInt8>) -> Bool {
    NotWritten.note("fill all bytes from the hardware's random generator, and return true")
    return false
  }
}
