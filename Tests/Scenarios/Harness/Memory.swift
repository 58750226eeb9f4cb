import CScenarioMemory
import DeviceCore

/// Where scenarios keep bytes. All of it is static, as on a device, and one scenario runs at a time.
enum Region: Int {
  case clientReceive, clientTransmit, serverReceive, serverTransmit
  case toServer, toClient
  case input, output, vector
  /// A message that is being put together, and the memory for bodies and observers of both ends.
  case message, bodies

  /// Enough for a message with a 65,804-byte token and for one with a body of 65,805 bytes.
  static var capacity: Int { 70_400 }
}

nonisolated(unsafe) private var clientRequests = InlineArray<32, PendingRequest>(
  repeating: PendingRequest())
nonisolated(unsafe) private var serverRequests = InlineArray<32, PendingRequest>(
  repeating: PendingRequest())
nonisolated(unsafe) private var clientDeferred = InlineArray<32, DeferredEntry>(
  repeating: DeferredEntry())
nonisolated(unsafe) private var serverDeferred = InlineArray<32, DeferredEntry>(
  repeating: DeferredEntry())

nonisolated(unsafe) private var clientIncoming = InlineArray<32, IncomingBody>(
  repeating: IncomingBody())
nonisolated(unsafe) private var serverIncoming = InlineArray<32, IncomingBody>(
  repeating: IncomingBody())
nonisolated(unsafe) private var clientObservers = InlineArray<32, Observer>(repeating: Observer())
nonisolated(unsafe) private var serverObservers = InlineArray<32, Observer>(repeating: Observer())

extension Region {
  /// The first `count` bytes of the region.
  @unsafe
  func bytes(_ count: Int) -> UnsafeMutableBufferPointer<UInt8> {
    precondition(count >= 0 && count <= Region.capacity)
    let offset = rawValue * Region.capacity
    precondition(offset + count <= Int(SCENARIO_MEMORY_SIZE))
    return unsafe UnsafeMutableBufferPointer(start: scenario_memory() + offset, count: count)
  }
}

/// How much memory the connection of a scenario gets.
struct Sizes {
  var receive = 2048
  var transmit = 2048
  /// At most 32.
  var requests = 4
  /// At most 32.
  var deferred = 4
  /// Bodies that may be under way at once; at most 32.
  var incoming = 0
  /// Bytes to put one together; at most 8192.
  var assembly = 0
  /// Bytes to keep an answer; at most 8192.
  var answer = 0
  /// At most 32.
  var observers = 0
  /// Bytes for all of the observers' requests; at most 8192.
  var observerRequests = 0

  /// Some of everything that bodies and observers need.
  static var bodies: Sizes {
    Sizes(incoming: 2, assembly: 4096, answer: 4096, observers: 4, observerRequests: 256)
  }

  static var large: Sizes { Sizes(receive: Region.capacity, transmit: Region.capacity) }
}

/// Which of the two connections of a scenario.
enum Slot {
  case client, server

  func memory(_ sizes: Sizes) -> ConnectionMemory {
    var memory = buffers(sizes)
    // Three parts of 8 KiB each, first those of the client.
    let base = self == .client ? 0 : 3 * 8192
    switch self {
    case .client:
      memory.bodies = unsafe BodyMemory(
        incoming: elements(&clientIncoming, sizes.incoming),
        assembly: part(base, sizes.assembly), answer: part(base + 8192, sizes.answer))
      memory.observers = unsafe ObserverMemory(
        entries: elements(&clientObservers, sizes.observers),
        requests: part(base + 2 * 8192, sizes.observerRequests))
    case .server:
      memory.bodies = unsafe BodyMemory(
        incoming: elements(&serverIncoming, sizes.incoming),
        assembly: part(base, sizes.assembly), answer: part(base + 8192, sizes.answer))
      memory.observers = unsafe ObserverMemory(
        entries: elements(&serverObservers, sizes.observers),
        requests: part(base + 2 * 8192, sizes.observerRequests))
    }
    return memory
  }

  @unsafe
  private func part(_ offset: Int, _ count: Int) -> UnsafeMutableBufferPointer<UInt8> {
    precondition(count <= 8192)
    let bytes = unsafe Region.bodies.bytes(offset + count)
    return unsafe UnsafeMutableBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  private func buffers(_ sizes: Sizes) -> ConnectionMemory {
    switch self {
    case .client:
      return unsafe ConnectionMemory(
        receive: Region.clientReceive.bytes(sizes.receive),
        transmit: Region.clientTransmit.bytes(sizes.transmit),
        requests: elements(&clientRequests, sizes.requests),
        deferred: elements(&clientDeferred, sizes.deferred))
    case .server:
      return unsafe ConnectionMemory(
        receive: Region.serverReceive.bytes(sizes.receive),
        transmit: Region.serverTransmit.bytes(sizes.transmit),
        requests: elements(&serverRequests, sizes.requests),
        deferred: elements(&serverDeferred, sizes.deferred))
    }
  }
}

/// - Precondition: `array` is a global, which stays where it is.
@unsafe
private func elements<Element>(
  _ array: UnsafeMutablePointer<InlineArray<32, Element>>, _ count: Int
) -> UnsafeMutableBufferPointer<Element> {
  precondition(count <= 32)
  return unsafe UnsafeMutableBufferPointer(
    start: UnsafeMutableRawPointer(array).assumingMemoryBound(to: Element.self), count: count)
}
