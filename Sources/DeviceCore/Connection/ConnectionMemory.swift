/// The memory of one connection: it belongs to the caller and stays where it is.
///
/// The core is handed its buffers instead of holding them: one copy of its code serves every size, a
/// firmware sees its whole memory in its own declarations (``ConnectionStorage``), and a view of a buffer
/// cannot end up pointing at a copy of it.
@safe
public struct ConnectionMemory {
  let receive: UnsafeMutableBufferPointer<UInt8>
  let transmit: UnsafeMutableBufferPointer<UInt8>
  let requests: UnsafeMutableBufferPointer<PendingRequest>
  let deferred: UnsafeMutableBufferPointer<DeferredEntry>
  /// For bodies that are larger than a message; none until it is set.
  public var bodies = BodyMemory.none
  /// For the peer's observations; none until it is set.
  public var observers = ObserverMemory.none

  /// - Parameters:
  ///   - receive: at least the Max-Message-Size that will be announced, in bytes.
  ///   - transmit: at least ``smallestTransmitCapacity`` bytes. The largest message that can be sent is
  ///     ``transmitReserve`` bytes smaller.
  ///   - requests: one entry for each own request that may be under way at once.
  ///   - deferred: one entry for each request of the peer that may wait for a later answer.
  /// - Precondition: all of it is initialised, and outlives the connection without moving.
  @unsafe
  public init(
    receive: UnsafeMutableBufferPointer<UInt8>, transmit: UnsafeMutableBufferPointer<UInt8>,
    requests: UnsafeMutableBufferPointer<PendingRequest>,
    deferred: UnsafeMutableBufferPointer<DeferredEntry>
  ) {
    precondition(transmit.count >= ConnectionMemory.smallestTransmitCapacity)
    unsafe self.receive = receive
    unsafe self.transmit = transmit
    unsafe self.requests = requests
    unsafe self.deferred = deferred
  }

  /// Bytes at the end of the transmit buffer that only an Abort or a Release may use, so that a peer
  /// that does not read can still be told why.
  public static var transmitReserve: Int { 80 }
  /// The least that a transmit buffer may have, in bytes.
  public static var smallestTransmitCapacity: Int { 2 * transmitReserve }
  /// No signal without a text is longer.
  static var signalByteCount: Int { 16 }
}

/// Memory for one connection as a value that a firmware declares as a global variable: it lands in .bss.
///
/// The sizes are compile-time parameters: bytes to receive (one message of the size you announce), bytes
/// to send (the largest response and ``ConnectionMemory/transmitReserve``), own requests under way,
/// requests of the peer that may be answered later. Good first values: 1152, 1232, 4, 2.
public struct ConnectionStorage<
  let receiveCapacity: Int, let transmitCapacity: Int, let requestCapacity: Int,
  let deferredCapacity: Int
>: ~Copyable {
  private var receive = InlineArray<receiveCapacity, UInt8>(repeating: 0)
  private var transmit = InlineArray<transmitCapacity, UInt8>(repeating: 0)
  private var requests = InlineArray<requestCapacity, PendingRequest>(repeating: PendingRequest())
  private var deferred = InlineArray<deferredCapacity, DeferredEntry>(repeating: DeferredEntry())

  /// Memory that is all zero.
  public init() {}

  /// The memory to hand to a connection.
  ///
  /// - Precondition: `storage` is a global or static variable, or memory that was allocated for it: it
  ///   outlives the connection and never moves.
  @unsafe
  public static func memory(of storage: UnsafeMutablePointer<Self>) -> ConnectionMemory {
    unsafe withUnsafeMutablePointer(to: &storage.pointee.receive) { receive in
      unsafe withUnsafeMutablePointer(to: &storage.pointee.transmit) { transmit in
        unsafe withUnsafeMutablePointer(to: &storage.pointee.requests) { requests in
          unsafe withUnsafeMutablePointer(to: &storage.pointee.deferred) { deferred in
            unsafe ConnectionMemory(
              receive: elements(of: receive, UInt8.self, receiveCapacity),
              transmit: elements(of: transmit, UInt8.self, transmitCapacity),
              requests: elements(of: requests, PendingRequest.self, requestCapacity),
              deferred: elements(of: deferred, DeferredEntry.self, deferredCapacity))
          }
        }
      }
    }
  }
}

/// The elements of an inline array, which has the layout of its elements one after the other.
@unsafe
func elements<Array, Element>(
  of array: UnsafeMutablePointer<Array>, _ type: Element.Type, _ count: Int
) -> UnsafeMutableBufferPointer<Element> {
  unsafe UnsafeMutableBufferPointer(
    start: UnsafeMutableRawPointer(array).assumingMemoryBound(to: Element.self), count: count)
}
