import CLwIP
import DeviceCore
import PortLwIP

/// What a microcontroller board is: all that differs from other boards.
public protocol Machine {
  /// A monotonic clock.
  static var now: Instant { get }

  /// Sleeps until something may have come for the network, or for a few milliseconds.
  static func sleep()

  /// Writes all of `bytes` to the console.
  static func write(_ bytes: Span<UInt8>)

  /// Starts the network's hardware.
  ///
  /// - Returns: its hardware address, or nil when it does not answer.
  static func startNetwork() -> InlineArray<6, UInt8>?

  /// The functions of the clock and of the network's driver.
  static var driver: clwip_machine { get }

  /// Where a board without a random generator finds its seed, and where keys were put: see ``Provisioning``.
  /// One that has a generator leaves the seed out.
  static var provisioning: Provisioning { get }

  /// Seconds since the beginning of 1970 UTC, from a clock that goes on without power or from the network: a
  /// board that checks certificates of others needs it.
  ///
  /// - Returns: nil when the machine does not know; then the date is what ``Provisioning`` has, and counted on.
  static var unixTime: UInt32? { get }

  /// Fills `bytes` with random bits that nobody can guess, from hardware.
  ///
  /// - Returns: false when there is no such hardware; then the seed is used.
  static func fillRandom(_ bytes: inout MutableSpan<UInt8>) -> Bool

  /// Bytes that there are for the stack, and bytes of it that were in use at the deepest.
  static var stack: (size: UInt32, used: UInt32) { get }
}

extension Machine {
  public static var unixTime: UInt32? { nil }

  public static func fillRandom(_ bytes: inout MutableSpan<UInt8>) -> Bool { false }

  package static func write(_ text: StaticString) {
    write(text.bytes)
  }

  static func write(decimal number: UInt32) {
    var digits = InlineArray<10, UInt8>(repeating: 0)
    var first = 10
    var rest = number
    repeat {
      first -= 1
      digits[first] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
      rest /= 10
    } while rest > 0
    write(digits.span.extracting(first..<10))
  }
}
