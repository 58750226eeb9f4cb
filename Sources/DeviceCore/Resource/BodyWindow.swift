/// Which bytes of its body a response takes: all of them, or the block that was asked for.
struct BodyWindow {
  /// The block that the client wants, when it says so.
  var asked: Block?
  /// The largest blocks that the client takes when it does not say so.
  var largest = BlockSize.largest
  /// Whether the client wants to know how large the body is.
  var wantsSize = false
  /// Whether the body has begun.
  private(set) var isOpen = false

  /// The first byte that is taken.
  private(set) var start: UInt32 = 0
  /// Behind the last byte that there is room for.
  private(set) var end: UInt32 = 0
  /// The place of the byte that comes next.
  var position: UInt32 = 0
  /// The size of the blocks, when a block was asked for.
  private(set) var size = BlockSize.largest
  /// How many bytes the body has, when the resource said so beforehand.
  var declaredByteCount: UInt32?

  /// The bytes that options may take that are put in front of the body when it is complete: Block2, Size2.
  static var reserve: Int { 11 }

  /// The body of the whole answer in bytes, as far as it is known.
  var byteCount: UInt32 { declaredByteCount ?? position }

  /// Fixes which bytes are taken.
  ///
  /// - Parameters:
  ///   - room: for the body, in bytes.
  ///   - isWhole: blocks do not matter: a diagnostic text.
  /// - Returns: false when there is no room for a block.
  mutating func open(room: Int, isWhole: Bool) -> Bool {
    isOpen = true
    guard let asked, !isWhole else {
      end = UInt32(truncatingIfNeeded: max(room, 0))
      return true
    }
    guard let fit = min(asked.size, largest).fitting(room &- BodyWindow.reserve) else { return false }
    size = fit.size
    start = asked.offset
    end = start &+ UInt32(truncatingIfNeeded: fit.byteCount)
    return true
  }

  /// The answer starts anew.
  mutating func restart() {
    start = 0
    end = 0
    position = 0
    size = .largest
    declaredByteCount = nil
    isOpen = false
  }

  /// The part of a piece of `count` bytes that is taken; the next piece comes behind it.
  mutating func take(_ count: Int) -> Range<Int>? {
    let first = position
    position = first &+ UInt32(truncatingIfNeeded: count)
    guard first < end, position > start else { return nil }
    return (first < start ? Int(start &- first) : 0)..<min(count, Int(end &- first))
  }
}
