import BoardSupport
import PortCheck

/// Where the port check writes its lines.
public struct TemplateConsole: Console {
  /// The one console.
  public init() {}

  public mutating func write(_ bytes: Span<UInt8>) {
    // The call reads `bytes` and keeps no pointer to them.
    unsafe bytes.withUnsafeBufferPointer { unsafe board_console_write($0.baseAddress, $0.count) }
  }
}
