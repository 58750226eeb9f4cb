import Port

/// What happens to the bytes of a ``BadLine``, and how many were written so far.
final class Damage {
  /// After so many written bytes the connection is gone.
  let cutOffset: Int?
  /// The written byte that is altered on its way.
  let alteredOffset: Int?
  fileprivate(set) var writtenCount = 0
  fileprivate(set) var isCut = false

  init(cutOffset: Int? = nil, alteredOffset: Int? = nil) {
    self.cutOffset = cutOffset
    self.alteredOffset = alteredOffset
  }
}

/// A stream that does to the bytes of another what a bad line does.
struct BadLine<Base: ByteStream>: ByteStream {
  private var base: Base
  private let damage: Damage

  init(_ base: Base, _ damage: Damage) {
    self.base = base
    self.damage = damage
  }

  mutating func read(into space: inout MutableSpan<UInt8>) -> ReadResult {
    damage.isCut ? .failed : base.read(into: &space)
  }

  mutating func write(_ bytes: Span<UInt8>) -> WriteResult {
    guard !damage.isCut else { return .failed }
    var offered = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
    if let cut = damage.cutOffset {
      offered = Array(offered.prefix(cut - damage.writtenCount))
      guard !offered.isEmpty else {
        damage.isCut = true
        base.finishWriting()
        return .failed
      }
    }
    if let altered = damage.alteredOffset, offered.indices.contains(altered - damage.writtenCount) {
      offered[altered - damage.writtenCount] ^= 0x01
    }
    let result = base.write(offered.span)
    if case .bytes(let count) = result { damage.writtenCount += count }
    return result
  }

  mutating func finishWriting() { base.finishWriting() }
  mutating func close() { base.close() }
}
