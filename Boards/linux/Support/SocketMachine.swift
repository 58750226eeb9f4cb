import CSockets
import DeviceCore
import Glibc
import Port
import PortSockets

/// What a Linux process needs once: a socket board with its table, and memory for connections.
///
/// The memory lives as long as the process.
public enum SocketMachine {
  /// A board of sockets.
  ///
  /// - Throws: ``SocketFailure`` when the system has no descriptor left.
  public static func makeBoard() throws(SocketFailure) -> SocketBoard {
    let count = Int(csockets_descriptor_limit())
    let entries = unsafe zeroed(count * MemoryLayout<Readiness>.stride).baseAddress!
    let table = unsafe UnsafeMutableRawPointer(entries).bindMemory(to: Readiness.self, capacity: count)
    guard
      let board = unsafe SocketBoard(
        readiness: ReadinessTable(UnsafeMutableBufferPointer(start: table, count: count)))
    else {
      throw SocketFailure("no descriptor left to wait for sockets")
    }
    return board
  }

  /// A listener on an address; port 0 takes any free one.
  ///
  /// - Returns: the listener, and its address with the port that it has.
  /// - Throws: ``SocketFailure`` when the address cannot be had.
  public static func makeListener(
    on address: SocketAddress, board: SocketBoard
  ) throws(SocketFailure) -> (listener: SocketListener, address: SocketAddress) {
    let (descriptor, bound) = try listenSocket(on: address)
    guard let listener = SocketListener(descriptor: descriptor, board: board) else {
      throw SocketFailure("no descriptor left to listen on \(address)")
    }
    return (listener, bound)
  }

  /// Places for connections, each with memory from `makeMemory`.
  @unsafe
  public static func makeSlots<Stream: ByteStream>(
    _ count: Int, memory makeMemory: () -> ConnectionMemory
  ) -> UnsafeMutableBufferPointer<Slot<Stream>> {
    let slots = UnsafeMutableBufferPointer<Slot<Stream>>.allocate(capacity: count)
    for index in slots.indices {
      unsafe slots.initializeElement(at: index, to: Slot(memory: makeMemory()))
    }
    return unsafe slots
  }

  /// What a device with so many places wakes them with.
  public static func makeWakeSet(_ slots: Int) -> WakeSet {
    unsafe WakeSet(filled(WakeSet.wordCount(slots: slots), 0))
  }

  /// Memory for one connection; pages that are never used cost nothing.
  public static func makeMemory(
    receiveCapacity: Int, transmitCapacity: Int, requestCapacity: Int = 64,
    deferredCapacity: Int = 16
  ) -> ConnectionMemory {
    unsafe ConnectionMemory(
      receive: zeroed(receiveCapacity), transmit: zeroed(transmitCapacity),
      requests: filled(requestCapacity, PendingRequest()),
      deferred: filled(deferredCapacity, DeferredEntry()))
  }

  /// Memory for the bodies of a connection, which costs nothing until it is used either.
  ///
  /// - Parameters:
  ///   - bodies: that may be under way at once.
  ///   - assemblyCapacity: bytes to put one together.
  ///   - answerCapacity: bytes to keep an answer.
  public static func makeBodyMemory(
    bodies: Int, assemblyCapacity: Int, answerCapacity: Int
  ) -> BodyMemory {
    unsafe BodyMemory(
      incoming: filled(bodies, IncomingBody()), assembly: zeroed(assemblyCapacity),
      answer: zeroed(answerCapacity))
  }

  /// Memory for the observations of a connection, whose requests have at most `requestCapacity` bytes each.
  public static func makeObserverMemory(observers: Int, requestCapacity: Int) -> ObserverMemory {
    unsafe ObserverMemory(
      entries: filled(observers, Observer()), requests: zeroed(observers * requestCapacity))
  }

  /// Memory for a supervisor with one connection and a queue of so many bytes.
  public static func makeSupervisorMemory(
    connection: ConnectionMemory, queueCapacity: Int
  ) -> SupervisorMemory {
    unsafe SupervisorMemory(
      connection: connection, telemetry: zeroed(max(queueCapacity, 1)),
      traffic: filled(1, TrafficMeter()).baseAddress!)
  }

  @unsafe
  private static func zeroed(_ count: Int) -> UnsafeMutableBufferPointer<UInt8> {
    let memory = unsafe (count < 4096 ? calloc(count, 1)! : fresh(count))
    return unsafe UnsafeMutableBufferPointer(
      start: memory.bindMemory(to: UInt8.self, capacity: count), count: count)
  }

  /// Pages that the system hands out when they are touched; calloc writes zeros into what it has reserved.
  @unsafe
  private static func fresh(_ count: Int) -> UnsafeMutableRawPointer {
    let pages = unsafe mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let pages = unsafe pages, unsafe pages != MAP_FAILED else {
      fatalError("no memory left for \(count) bytes")
    }
    return unsafe pages
  }

  @unsafe
  private static func filled<Element>(
    _ count: Int, _ element: Element
  ) -> UnsafeMutableBufferPointer<Element> {
    let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: count)
    unsafe buffer.initialize(repeating: element)
    return unsafe buffer
  }
}

/// Something that the operating system refused, in a line for a person.
public struct SocketFailure: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }

  init(_ what: String, reason: Int32) {
    description = "\(what): \(unsafe String(cString: csockets_error_text(reason)))"
  }
}
