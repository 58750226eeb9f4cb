import BoardSupport
import CortexM
import DeviceCore
import Port

/// The micro:bit for a ``Device``.
struct MicrobitBoard: Board {
  var now: Instant { Instant(rawValue: board_milliseconds()) }

  /// Returns at once: what the device waits for is the program's own other end.
  mutating func wait(until deadline: Instant?) {}

  mutating func fillRandom(_ bytes: inout MutableSpan<UInt8>) -> Bool {
    // The call writes `bytes` and keeps no pointer to them.
    unsafe bytes.withUnsafeMutableBufferPointer { unsafe random_fill($0.baseAddress, $0.count) }
  }
}
