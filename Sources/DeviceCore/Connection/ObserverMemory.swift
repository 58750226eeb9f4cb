/// Memory for the peer's observations: it belongs to the caller and stays where it is.
@safe
public struct ObserverMemory {
  let entries: UnsafeMutableBufferPointer<Observer>
  let requests: UnsafeMutableBufferPointer<UInt8>

  /// None: whoever wants to observe gets a plain answer.
  public static var none: ObserverMemory {
    unsafe ObserverMemory(
      entries: UnsafeMutableBufferPointer(start: nil, count: 0),
      requests: UnsafeMutableBufferPointer(start: nil, count: 0))
  }

  /// - Parameters:
  ///   - entries: one for each observation of the peer.
  ///   - requests: where the requests are kept that began them, each in an equal part; one that is longer than
  ///     that is answered, but not observed. 64 bytes each take most.
  /// - Precondition: all of it is initialised, and outlives the connection without moving.
  @unsafe
  public init(
    entries: UnsafeMutableBufferPointer<Observer>, requests: UnsafeMutableBufferPointer<UInt8>
  ) {
    unsafe self.entries = entries
    unsafe self.requests = requests
  }
}

/// Memory for observations as a value that a firmware declares as a global variable.
///
/// The sizes are compile-time parameters: observations of one peer, bytes for all their requests. Good first
/// values: 4, 256.
public struct ObserverStorage<let observerCapacity: Int, let requestCapacity: Int>: ~Copyable {
  private var entries = InlineArray<observerCapacity, Observer>(repeating: Observer())
  private var requests = InlineArray<requestCapacity, UInt8>(repeating: 0)

  /// Memory that is all zero.
  public init() {}

  /// The memory to hand to a connection.
  ///
  /// - Precondition: as for ``ConnectionStorage/memory(of:)``.
  @unsafe
  public static func memory(of storage: UnsafeMutablePointer<Self>) -> ObserverMemory {
    unsafe withUnsafeMutablePointer(to: &storage.pointee.entries) { entries in
      unsafe withUnsafeMutablePointer(to: &storage.pointee.requests) { requests in
        unsafe ObserverMemory(
          entries: elements(of: entries, Observer.self, observerCapacity),
          requests: elements(of: requests, UInt8.self, requestCapacity))
      }
    }
  }
}
