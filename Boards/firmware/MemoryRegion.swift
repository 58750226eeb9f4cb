/// Static memory that is dealt out once, piece by piece, and never taken back.
///
/// Pieces that do not fit are dealt out all the same: ask ``isExceeded`` before any of them is touched.
@safe
public struct MemoryRegion {
  private let start: UnsafeMutableRawPointer
  private let byteCount: Int
  /// How many bytes the pieces take, with the gaps between them.
  private(set) var usedByteCount = 0

  /// - Precondition: the region stays where it is and is used for nothing else. It lies at a multiple of 8.
  @unsafe
  init(_ region: UnsafeMutableRawBufferPointer) {
    unsafe start = region.baseAddress!
    byteCount = region.count
  }

  /// Whether there was less than was taken.
  var isExceeded: Bool { usedByteCount > byteCount }

  /// Places for values that are not initialised.
  @unsafe
  package mutating func take<Element: ~Copyable>(
    _ type: Element.Type, _ count: Int
  ) -> UnsafeMutableBufferPointer<Element> {
    let alignment = MemoryLayout<Element>.alignment
    let offset = (usedByteCount + alignment - 1) & ~(alignment - 1)
    usedByteCount = offset + count * MemoryLayout<Element>.stride
    let first = unsafe (start + offset).assumingMemoryBound(to: Element.self)
    return unsafe UnsafeMutableBufferPointer(start: first, count: count)
  }

  /// A place for one value that is not initialised.
  @unsafe
  package mutating func take<Element: ~Copyable>(_ type: Element.Type) -> UnsafeMutablePointer<Element> {
    unsafe take(type, 1).baseAddress!
  }
}
