// What mbedTLS calls: see common.h of its configuration.

/// `calloc` of mbedTLS: memory for `count` things of `size` bytes each, all zero, at a multiple of 8; `NULL`
/// when the arena has no room.
@c(tls_arena_calloc)
public func tlsArenaAllocate(_ count: UInt, _ size: UInt) -> UnsafeMutableRawPointer? {
  unsafe TLSArena.heap.allocate(count, size)
}

/// How many allocations had no room so far, for who calls mbedTLS: see ``TLSArena/failureCount``.
@c(tls_arena_failure_count)
public func tlsArenaFailureCount() -> UInt { UInt(TLSArena.failureCount) }

/// `free` of mbedTLS.
///
/// - Precondition: `pointer` is `NULL`, or came from ``tlsArenaAllocate(_:_:)`` and was not freed yet.
@c(tls_arena_free)
public func tlsArenaFree(_ pointer: UnsafeMutableRawPointer?) {
  if let pointer = unsafe pointer { unsafe TLSArena.heap.deallocate(pointer) }
}
