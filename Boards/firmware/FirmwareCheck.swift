import DeviceCore
import Port
import PortCheck
import PortLwIP

/// The port check as the program of a microcontroller board: it exercises the network, the clock and the random
/// bits that ``Firmware`` runs on. `toolchain/check` builds and starts it.
public enum FirmwareCheck<M: Machine> {
  /// As many as the smallest board has; that for the partner's commands is one of them.
  private static var connections: Int { 4 }

  /// Starts the network, checks everything, and then only keeps the network alive.
  ///
  /// The partner is where the board was told that its server is: see ``Provisioning``.
  ///
  /// - Parameter region: memory for four connections, each with a TCP window; when it is too small, the console
  ///   says how much is needed.
  /// - Precondition: `region` is a global variable that is all zero, used for nothing else, and lies at a
  ///   multiple of 8. lwIP was compiled for at least four connections.
  @unsafe
  public static func run(_ address: LwIPAddress, region: UnsafeMutableRawBufferPointer) -> Never {
    guard let partner = M.provisioning.server else { stop("the board was not told where the partner is") }
    var memory = unsafe MemoryRegion(region)
    let generator = unsafe memory.take(SeededGenerator.self)
    let calendar = unsafe memory.take(Calendar.self)
    let own = unsafe memory.take(LwIPNetworkMemory.self)
    let places = unsafe memory.take(LwIPConnection.self, connections)
    let windows = unsafe memory.take(UInt8.self, connections * LwIPConnectionPool.windowByteCount)
    guard !memory.isExceeded else {
      M.write("memory: ")
      M.write(decimal: UInt32(memory.usedByteCount))
      M.write(" bytes\n")
      stop("there is less memory")
    }
    unsafe generator.initialize(to: SeededGenerator())
    unsafe calendar.initialize(to: Calendar())
    unsafe own.initialize(to: LwIPNetworkMemory())
    for index in places.indices { unsafe places.initializeElement(at: index, to: LwIPConnection()) }

    unsafe M.provisioning.moveSeed(to: &generator.pointee)
    guard let hardware = M.startNetwork() else { stop("the Ethernet chip does not answer") }
    let network = unsafe LwIPNetwork(
      address, hardware: hardware, machine: M.driver, memory: own,
      pool: LwIPConnectionPool(places: places, windows: windows), waitingLimit: connections,
      fillRandom: { bytes in unsafe FirmwareBoard<M>.fillRandom(&bytes, generator) })
    guard let network else { stop("no random bits: the board was started without a seed") }
    guard let listener = network.listen(port: 5683) else { stop("no memory to listen") }
    var board = unsafe FirmwareBoard<M>(network: network, generator: generator, calendar: calendar)
    var check = PortCheck(
      board: board, listener: listener, dialler: LwIPDialler(network: network), console: MachineConsole<M>(),
      partner: partner.place,
      listeningPort: 5683, connections: connections)
    _ = check.run()
    while true { board.wait(until: nil) }
  }

  /// Says why nothing is checked.
  private static func stop(_ reason: StaticString) -> Never {
    M.write("stopped: ")
    M.write(reason)
    M.write("\n")
    while true { M.sleep() }
  }
}
