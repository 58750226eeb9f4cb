// With the buffers of a connection the place where the core touches memory through pointers: a word at a time is
// several times as fast as a byte. Every access is checked against the spans first.

/// A masking key that goes round (RFC 6455 section 5.3).
struct WebSocketMask {
  private var key: UInt32

  /// Nil leaves bytes as they are.
  init(_ key: UInt32?) {
    self.key = key ?? 0
  }

  /// The byte that the next one is combined with.
  mutating func next() -> UInt8 {
    key = key << 8 | key >> 24
    return UInt8(truncatingIfNeeded: key)
  }

  /// Combines `count` bytes from `start` on with the key, and moves them to `target`.
  ///
  /// - Precondition: all of them are in `bytes`, and `target` is not behind `start`.
  mutating func apply(
    to bytes: inout MutableSpan<UInt8>, from start: Int, _ count: Int, movingTo target: Int
  ) {
    precondition(target >= 0 && target <= start && count >= 0 && count <= bytes.count - start)
    unsafe bytes.withUnsafeMutableBytes { buffer in
      guard let base = buffer.baseAddress else { return }
      unsafe combine(base + start, count, to: base + target)
    }
  }

  /// Writes `bytes`, combined with the key, at `offset` of `space`.
  ///
  /// - Precondition: there is room for them.
  mutating func copy(_ bytes: Span<UInt8>, to space: inout MutableSpan<UInt8>, at offset: Int) {
    precondition(offset >= 0 && bytes.count <= space.count - offset)
    unsafe bytes.withUnsafeBytes { source in
      unsafe space.withUnsafeMutableBytes { target in
        guard let source = source.baseAddress, let target = target.baseAddress else { return }
        unsafe combine(source, bytes.count, to: target + offset)
      }
    }
  }

  /// In ascending order, so that a target before the source overwrites nothing that was not read.
  @unsafe
  @inline(never)
  private mutating func combine(
    _ source: UnsafeRawPointer, _ count: Int, to target: UnsafeMutableRawPointer
  ) {
    guard key != 0 else { return unsafe target.copyMemory(from: source, byteCount: count) }
    let word = key.bigEndian
    var offset = 0
    while count - offset >= 4 {
      let bytes = unsafe source.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
      unsafe target.storeBytes(of: bytes ^ word, toByteOffset: offset, as: UInt32.self)
      offset += 4
    }
    while offset < count {
      let byte = unsafe source.load(fromByteOffset: offset, as: UInt8.self)
      unsafe target.storeBytes(of: byte ^ next(), toByteOffset: offset, as: UInt8.self)
      offset += 1
    }
  }
}
