import DeviceCore
import Port
import PortLwIP

/// The board that a device of this firmware runs on: a machine with its network.
@safe
struct FirmwareBoard<M: Machine>: Board {
  let network: LwIPNetwork
  private let generator: UnsafeMutablePointer<SeededGenerator>
  private let calendar: UnsafeMutablePointer<Calendar>

  /// - Precondition: the memory of `generator` and `calendar` outlives the board and does not move.
  @unsafe
  init(
    network: LwIPNetwork, generator: UnsafeMutablePointer<SeededGenerator>,
    calendar: UnsafeMutablePointer<Calendar>
  ) {
    self.network = network
    unsafe self.generator = generator
    unsafe self.calendar = calendar
    unsafe calendar.pointee = Calendar(M.provisioning.unixTime, at: Instant(rawValue: 0))
  }

  var now: Instant { M.now }

  var unixTime: UInt32? { unsafe M.unixTime ?? calendar.pointee.read(at: M.now) }

  mutating func wait(until deadline: Instant?) {
    while !network.poll() {
      // Often enough for a clock that wraps.
      _ = unsafe calendar.pointee.read(at: M.now)
      if let deadline, deadline.isReached(at: M.now) { return }
      M.sleep()
    }
  }

  mutating func fillRandom(_ bytes: inout MutableSpan<UInt8>) -> Bool {
    unsafe FirmwareBoard.fillRandom(&bytes, generator)
  }

  /// Random bits from hardware, or else from the seed.
  @unsafe
  static func fillRandom(
    _ bytes: inout MutableSpan<UInt8>, _ generator: UnsafeMutablePointer<SeededGenerator>
  ) -> Bool {
    M.fillRandom(&bytes) ? true : unsafe generator.pointee.fill(&bytes)
  }
}
