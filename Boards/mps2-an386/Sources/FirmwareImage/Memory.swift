private nonisolated(unsafe) var words = InlineArray<14_096, UInt64>(repeating: 0)

/// All that the firmware needs for its connections. Zero at the start, so it takes no flash.
var region: UnsafeMutableRawBufferPointer {
  // The address of a global variable, which does not move.
  unsafe withUnsafeMutableBytes(of: &words) { unsafe $0 }
}
