import CLwIP

/// How much of each of lwIP's memories is in use: what a firmware shows, and what a test compares.
public struct LwIPUsage {
  /// One of the memories.
  public struct Memory {
    /// Now.
    public let used: UInt32
    /// At the most since the start.
    public let mostUsed: UInt32
    /// What there is.
    public let limit: UInt32
    /// How often there was nothing left.
    public let failures: UInt32

    init(_ usage: clwip_usage) {
      used = usage.used
      mostUsed = usage.most_used
      limit = usage.limit
      failures = usage.failures
    }
  }

  /// Bytes of what waits to be sent or acknowledged.
  public let heap = Memory(clwip_heap_usage())
  /// TCP connections, also those that are closed and not over for their peers.
  public let connections = Memory(clwip_connection_usage())
  /// Segments that wait to be sent or acknowledged.
  public let segments = Memory(clwip_segment_usage())
  /// Buffers for frames that come in.
  public let frames = Memory(clwip_frame_usage())

  /// As it is now.
  public init() {}
}
