import CLwIP

/// What a peer has sent and nobody has read yet: a ring of bytes, as large as the window that the peer is
/// told, so that it can never overflow.
///
/// Bytes are copied here as they come instead of being kept in the buffers of their frames: a peer that sends
/// them one by one would pin a whole frame with each, and all connections would run dry.
@safe
struct ReceiveWindow {
  @unsafe private let bytes: UnsafeMutableBufferPointer<UInt8>
  private var start = 0
  /// How many there are.
  private(set) var count = 0

  /// - Precondition: the memory of `bytes` outlives this value.
  @unsafe
  init(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
    unsafe self.bytes = bytes
  }

  /// Copies a chain of lwIP's buffers.
  ///
  /// - Returns: false when it has no room, which lwIP does not let happen.
  @unsafe
  mutating func append(_ data: OpaquePointer) -> Bool {
    let added = Int(unsafe clwip_byte_count(data))
    guard unsafe added <= bytes.count - count else { return false }
    let end = wrapped(start + count)
    let first = unsafe min(added, bytes.count - end)
    unsafe copy(data, from: 0, count: first, to: end)
    unsafe copy(data, from: first, count: added - first, to: 0)
    count += added
    return true
  }

  /// Moves as many bytes as there are, and as fit, into `space`, which is never empty.
  ///
  /// - Returns: how many.
  mutating func take(into space: inout MutableSpan<UInt8>) -> Int {
    let taken = min(count, space.count)
    unsafe space.withUnsafeMutableBufferPointer { target in
      let first = unsafe min(taken, bytes.count - start)
      unsafe target.baseAddress!.update(from: bytes.baseAddress! + start, count: first)
      unsafe (target.baseAddress! + first).update(from: bytes.baseAddress!, count: taken - first)
    }
    start = wrapped(start + taken)
    count -= taken
    return taken
  }

  private func wrapped(_ index: Int) -> Int {
    unsafe index < bytes.count ? index : index - bytes.count
  }

  @unsafe
  private func copy(_ data: OpaquePointer, from offset: Int, count: Int, to place: Int) {
    guard count > 0 else { return }
    // Both are below 65536: a window of TCP is.
    _ = unsafe pbuf_copy_partial(
      data, bytes.baseAddress! + place, UInt16(count), UInt16(offset))
  }
}
