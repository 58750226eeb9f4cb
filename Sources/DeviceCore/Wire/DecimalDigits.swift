/// A number written in decimal, for diagnostic texts and small payloads.
public struct DecimalDigits {
  // Two digits a byte would do; ten bytes are simpler.
  private var digits = InlineArray<10, UInt8>(repeating: 0x30)
  private let start: Int

  /// The digits of `number`, without leading zeros.
  public init(_ number: UInt32) {
    var rest = number
    var position = 10
    repeat {
      position -= 1
      digits[position] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
      rest /= 10
    } while rest > 0
    start = position
  }

  /// One to ten ASCII digits.
  public var bytes: Span<UInt8> {
    digits.span.extracting(start..<10)
  }
}
