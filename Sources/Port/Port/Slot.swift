import DeviceCore

/// A place for one connection of a ``Device``: its memory, and the endpoint while there is one.
public struct Slot<Stream: ByteStream>: ~Copyable {
  let memory: ConnectionMemory
  var endpoint: Endpoint<Stream>?
  /// Counts the connections that this slot has had, so that a late answer finds only its own.
  var generation: UInt16 = 0
  /// When the endpoint wants to be pumped although nothing came.
  var deadline: Instant?

  /// A free place with the memory of its connections.
  public init(memory: ConnectionMemory) {
    self.memory = memory
  }
}
