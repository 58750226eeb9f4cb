import CCheckSupport
import PortCheck

/// The console of a Linux process.
struct StandardOutput: Console {
  mutating func write(_ bytes: Span<UInt8>) {
    // The call reads `bytes` and keeps no pointer to them.
    unsafe bytes.withUnsafeBufferPointer { unsafe check_write($0.baseAddress, $0.count) }
  }
}
