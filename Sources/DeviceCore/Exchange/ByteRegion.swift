/// Bytes in memory of the caller that bodies are kept in; perhaps none.
@safe
struct ByteRegion {
  private let bytes: UnsafeMutableBufferPointer<UInt8>

  /// No memory.
  init() {
    unsafe bytes = UnsafeMutableBufferPointer(start: nil, count: 0)
  }

  init(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
    unsafe self.bytes = bytes
  }

  var count: Int { unsafe bytes.count }

  /// Copies `piece` to the place `offset`.
  ///
  /// - Returns: false when it does not fit; then nothing was copied.
  @inline(never)
  func store(_ piece: Span<UInt8>, at offset: UInt32) -> Bool {
    guard offset <= UInt32(count), piece.count <= count &- Int(offset) else { return false }
    unsafe piece.withUnsafeBufferPointer { source in
      guard let first = source.baseAddress, let start = unsafe bytes.baseAddress else { return }
      unsafe UnsafeMutableRawPointer(start + Int(offset)).copyMemory(
        from: first, byteCount: source.count)
    }
    return true
  }

  /// - Precondition: there are as many bytes.
  @_lifetime(immortal)
  func bytes(_ start: UInt32, _ end: UInt32) -> Span<UInt8> {
    precondition(start <= end && end <= UInt32(count))
    // The caller's memory outlives the connection.
    let span = unsafe UnsafeBufferPointer(bytes).span
    return unsafe _overrideLifetime(span, copying: ()).extracting(Int(start)..<Int(end))
  }
}
