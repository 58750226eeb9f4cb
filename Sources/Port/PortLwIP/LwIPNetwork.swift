import CLwIP
import Port

/// An IPv4 address, as a number: 10.0.2.15 is `IPv4(10, 0, 2, 15)`.
public struct IPv4: Equatable, Sendable {
  /// The first byte is the highest.
  public let rawValue: UInt32

  /// An address by its number.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// An address by its four bytes, as it is written.
  public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
    rawValue = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
  }
}

/// Where a device is in its network; fixed, for DHCP is not asked.
public struct LwIPAddress: Sendable {
  let own: IPv4
  let mask: IPv4
  let gateway: IPv4

  /// - Parameters:
  ///   - own: the device's address.
  ///   - mask: which bits of it name the network.
  ///   - gateway: where the way to other networks is.
  public init(own: IPv4, mask: IPv4, gateway: IPv4) {
    self.own = own
    self.mask = mask
    self.gateway = gateway
  }
}

/// The memory of a ``LwIPNetwork``.
@safe
public struct LwIPNetworkMemory: ~Copyable {
  var pool: LwIPConnectionPool?
  var hasNews = false
  var arrivals: UInt16 = 0
  var waitingLimit = 0

  /// Memory for the one network that there is.
  public init() {}
}

/// TCP by lwIP's raw API over the driver of an Ethernet chip: one loop calls all of it, nothing interrupts it.
///
/// A value is a handle of memory that the caller gives. There is one network: lwIP has global variables.
@safe
public struct LwIPNetwork {
  private let memory: UnsafeMutablePointer<LwIPNetworkMemory>

  /// Frames without news that are taken in before others have a turn.
  private static var framesPerPoll: Int { 8 }

  /// Peers that may be about to connect to one port; further ones have to ask again.
  private static var handshakes: UInt8 { 4 }

  /// Starts lwIP.
  ///
  /// - Parameters:
  ///   - hardware: the Ethernet chip's own address (MAC address); the chip is already started.
  ///   - machine: the functions of its driver, and of the clock.
  ///   - waitingLimit: how many peers may wait on each port until they are accepted. Further ones are refused,
  ///     and so are those for which `pool` has no place.
  /// - Returns: nil when `fillRandom` has no random bits: sequence numbers could be guessed.
  /// - Precondition: `memory` is initialised, used for nothing else, outlives the network and does not move.
  ///   No network was started before.
  @unsafe
  public init?(
    _ address: LwIPAddress, hardware: InlineArray<6, UInt8>, machine: clwip_machine,
    memory: UnsafeMutablePointer<LwIPNetworkMemory>, pool: LwIPConnectionPool, waitingLimit: Int,
    fillRandom: (inout MutableSpan<UInt8>) -> Bool
  ) {
    guard let numbers = SequenceNumbers(fillRandom) else { return nil }
    unsafe sequenceNumbers = numbers
    unsafe memory.pointee.pool = pool
    unsafe memory.pointee.waitingLimit = waitingLimit
    unsafe self.memory = memory
    let numeric = clwip_address(
      address: address.own.rawValue, mask: address.mask.rawValue, gateway: address.gateway.rawValue)
    var machine = machine
    unsafe hardware.span.withUnsafeBufferPointer { hardware in
      unsafe clwip_start(&machine, hardware.baseAddress, numeric, numbers.other)
    }
  }

  /// Takes in what the driver has, and does what is due by the clock. Does not block.
  ///
  /// - Returns: whether a stream or a listener may have something to do.
  public func poll() -> Bool {
    for _ in 0..<LwIPNetwork.framesPerPoll {
      let hasFrame = clwip_poll()
      // At once: a peer that has connected is accepted before the frames of the next one fill the queue.
      if unsafe memory.pointee.hasNews {
        unsafe memory.pointee.hasNews = false
        return true
      }
      if !hasFrame { return false }
    }
    return true
  }

  /// Listens on a TCP port.
  ///
  /// - Returns: nil when lwIP has no memory for it.
  public func listen(port: UInt16) -> LwIPListener? {
    guard let listener = unsafe clwip_listen(port, LwIPNetwork.handshakes) else {
      return nil
    }
    unsafe tcp_arg(listener, memory)
    unsafe tcp_accept(listener) { memory, transport, error in
      // Without memory lwIP tells that a connection was lost.
      guard error == err_t(CLWIP_OK), let transport = unsafe transport else {
        return err_t(CLWIP_OUT_OF_MEMORY)
      }
      return unsafe LwIPNetwork(at: memory!).queue(transport)
    }
    return LwIPListener(network: self, port: port)
  }

  /// Begins to connect; ``Port/ByteStream/open()`` says when that has worked.
  ///
  /// - Returns: nil when there is no memory for it.
  public func dial(_ address: IPv4, port: UInt16) -> LwIPStream? {
    guard let place = unsafe pool.take(news: news), let transport = unsafe tcp_new() else { return nil }
    unsafe LwIPConnection.begin(place, transport, phase: .connecting)
    let result = unsafe clwip_connect(transport, address.rawValue, port) { place, _, _ in
      unsafe LwIPConnection.at(place!).pointee.phase = .open
      unsafe LwIPConnection.at(place!).pointee.tell()
      return err_t(CLWIP_OK)
    }
    var stream = unsafe LwIPStream(place)
    guard result == err_t(CLWIP_OK) else {
      stream.close()
      return nil
    }
    return stream
  }

  /// How many connections there are, with those that wait to be accepted.
  public var connectionCount: Int { pool.usedCount }

  // MARK: Inside

  @unsafe
  private init(at memory: UnsafeMutableRawPointer) {
    unsafe self.memory = unsafe memory.assumingMemoryBound(to: LwIPNetworkMemory.self)
  }

  var pool: LwIPConnectionPool { unsafe memory.pointee.pool! }

  /// The address of a stored property of memory that does not move.
  private var news: UnsafeMutablePointer<Bool> {
    unsafe withUnsafeMutablePointer(to: &memory.pointee.hasNews) { unsafe $0 }
  }

  /// A peer has connected.
  ///
  /// - Returns: an error to refuse it.
  @unsafe
  private func queue(_ transport: OpaquePointer) -> err_t {
    let port = unsafe clwip_local_port(transport)
    guard unsafe pool.waitingCount(port: port) < memory.pointee.waitingLimit,
      let place = unsafe pool.take(news: news)
    else { return err_t(CLWIP_OUT_OF_MEMORY) }
    unsafe LwIPConnection.begin(place, transport, phase: .waiting)
    unsafe place.pointee.port = port
    unsafe place.pointee.arrival = unsafe memory.pointee.arrivals
    unsafe memory.pointee.arrivals &+= 1
    unsafe memory.pointee.hasNews = true
    return err_t(CLWIP_OK)
  }
}
