import CortexM

/// The board's serial console: output only.
public struct SerialConsole {
  public init() {}

  /// Writes all of `bytes` and returns when the last one is on its way.
  public mutating func write(_ bytes: Span<UInt8>) {
    // The call reads `bytes` and keeps no pointer to them.
    unsafe bytes.withUnsafeBufferPointer { unsafe board_console_write($0.baseAddress, $0.count) }
  }
}
