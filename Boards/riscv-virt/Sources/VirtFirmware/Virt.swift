import Board
import BoardFirmware
import BoardSupport
import CLwIP
import DeviceCore

/// This board, for the firmware of all boards.
public enum Virt: Machine {
  public static var now: Instant { Instant(rawValue: board_milliseconds()) }

  public static func sleep() {
    board_sleep()
  }

  public static func write(_ bytes: Span<UInt8>) {
    var console = SerialConsole()
    console.write(bytes)
  }

  public static func startNetwork() -> InlineArray<6, UInt8>? {
    // For a card that has none.
    var address: InlineArray<6, UInt8> = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56]
    var span = address.mutableSpan
    let hasStarted = unsafe span.withUnsafeMutableBufferPointer { unsafe ethernet_start($0.baseAddress) }
    return hasStarted ? address : nil
  }

  public static var driver: clwip_machine {
    unsafe clwip_machine(
      milliseconds: board_milliseconds, begin_receive: ethernet_begin_receive, receive: ethernet_receive,
      end_receive: ethernet_end_receive, begin_send: ethernet_begin_send, send: ethernet_send,
      end_send: ethernet_end_send)
  }

  public static var provisioning: Provisioning {
    unsafe Provisioning(
      UnsafeMutableBufferPointer(start: board_provisioning_start(), count: board_provisioning_size()))
  }

  public static var stack: (size: UInt32, used: UInt32) { (board_stack_size(), board_stack_used()) }
}
