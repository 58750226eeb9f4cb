/// The region as the blocks that it consists of, each known by its offset. This file is where the arena
/// touches memory through pointers: the caller gives offsets of headers only, which lie in the region and are
/// multiples of 8.
@safe
struct Blocks {
  private let base: UnsafeMutableRawPointer

  /// - Precondition: `base` is a multiple of 8, and its memory stays for as long as this is used.
  init(base: UnsafeMutableRawPointer) {
    unsafe self.base = base
  }

  subscript(offset: Int) -> BlockHeader {
    get { unsafe base.load(fromByteOffset: offset, as: BlockHeader.self) }
    nonmutating set { unsafe base.storeBytes(of: newValue, toByteOffset: offset, as: BlockHeader.self) }
  }

  /// What the owner of the block at `offset` may use, all of it zero.
  func cleared(_ offset: Int) -> UnsafeMutableRawPointer {
    let content = unsafe base + offset + BlockHeader.byteCount
    unsafe content.initializeMemory(
      as: UInt8.self, repeating: 0, count: self[offset].byteCount - BlockHeader.byteCount)
    return unsafe content
  }

  /// The offset of the block whose content starts at `pointer`, if that were one.
  func offset(of pointer: UnsafeMutableRawPointer) -> Int {
    unsafe pointer - base - BlockHeader.byteCount
  }
}
