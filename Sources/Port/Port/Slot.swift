import DeviceCore

/// A place for one connection of a ``Device``: its memory, and the endpoint while there is one.
public struct Slot<Stream: ByteStream>: ~Copyable {
  let memory: ConnectionMemory
  /// The stream while it is being opened; then there is no endpoint.
  var opening: Opening<Stream>?
  var endpoint: Endpoint<Stream>?
  /// Counts the connections that this slot has had, so that a late answer finds only its own.
  var generation: UInt16 = 0
  /// When the connection wants to be looked at although nothing came.
  var deadline: Instant?
  /// Whether the stream tells when it has something to do.
  var isWatched = false

  /// A free place with the memory of its connections.
  public init(memory: ConnectionMemory) {
    self.memory = memory
  }

  // Mutating, because what is not would be handed a copy of the slot when it is called.
  var isFree: Bool {
    mutating get { opening == nil && endpoint == nil }
  }

  /// Whether something is owed to the peer that may become due by itself: answers that were put off, notifications.
  var hasPromises: Bool {
    mutating get {
      guard endpoint != nil else { return false }
      return endpoint!.connection.deferredCount > 0 || endpoint!.connection.observerCount > 0
    }
  }
}

/// A stream that is not open yet, and when that is given up.
struct Opening<Stream: ByteStream> {
  var stream: Stream
  /// Nil: it may take for ever.
  var deadline: Instant?
  /// Whether it has failed, and only the peer is still being told.
  var isFailing = false
}
