/// All memory of mbedTLS: one region that the firmware gives, with a hard limit.
///
/// mbedTLS allocates with functions that know nothing but a size, so there is one arena in a program. It is
/// for one thread, like the whole of mbedTLS here. When it is full mbedTLS gets `NULL` and reports an error
/// of its own; nothing grows and nothing else is touched. A block is a header of 8 bytes and what was asked
/// for, rounded up to a multiple of 8.
public enum TLSArena {
  // Constant at compile time: a lazy global would need atomic operations, which a Cortex-M0 does not have.
  nonisolated(unsafe) static var heap = Heap()

  /// Gives mbedTLS its memory. Until then every allocation fails.
  ///
  /// - Precondition: nothing is allocated; `region` has at least 8 bytes between multiples of 8 and less than
  ///   2 GiB, and stays at its place, used by nobody else, until another one is given.
  public static func use(_ region: UnsafeMutableRawBufferPointer) {
    precondition(usedByteCount == 0)
    unsafe heap = Heap(region)
  }

  /// How many bytes of the region are for blocks: all but what lies outside of multiples of 8.
  public static var capacity: Int { unsafe heap.capacity }

  /// The sum of the blocks in use now, headers included.
  public static var usedByteCount: Int { unsafe heap.usedByteCount }

  /// The highest ``usedByteCount`` since the start or ``resetHighWater()``: what was needed at one moment,
  /// without gaps between blocks. A region cannot be smaller.
  public static var highWaterByteCount: Int { unsafe heap.highWaterByteCount }

  /// How far blocks have reached into the region since the start or ``resetHighWater()``, gaps included: the
  /// smallest capacity that gives the same answers to the same calls. Size the region by it, with a margin
  /// for other peers.
  public static var peakExtentByteCount: Int { unsafe heap.peakExtentByteCount }

  /// How many allocations had no room since ``use(_:)``.
  ///
  /// A handshake during which this has changed is void even if mbedTLS 2.28.3 calls it done: without memory
  /// it computes Finished messages from what happens to be on the stack (CVE-2025-27810).
  public static var failureCount: Int { unsafe heap.failureCount }

  /// Lets ``highWaterByteCount`` and ``peakExtentByteCount`` start again from what is in use now.
  public static func resetHighWater() { unsafe heap.resetHighWater() }
}
