/// A heap in one region of memory: first fit, and free neighbours are one block at any time.
///
/// First fit by address makes ``peakExtentByteCount`` exact. Best fit was tried with mbedTLS and needs as
/// much.
package struct Heap {
  private var blocks: Blocks?
  /// What the blocks share, headers included.
  package private(set) var capacity = 0
  /// The sum of the blocks in use. Each is its header of 8 bytes and what was asked for, up to a multiple of
  /// 8.
  package private(set) var usedByteCount = 0
  /// The highest ``usedByteCount`` so far. No allocator with such blocks can do with less.
  package private(set) var highWaterByteCount = 0
  /// The end of the highest block so far. A region of this capacity gives the same answers to the same calls,
  /// and a smaller one does not: each block goes to the lowest gap for it, no matter what lies above.
  package private(set) var peakExtentByteCount = 0
  /// How many allocations had no room.
  package private(set) var failureCount = 0
  /// No free block starts below. Without it, walks over the blocks that stay take a fifth of a handshake with
  /// certificates.
  private var lowestFree = 0

  /// A heap without memory, where every allocation fails.
  package init() {}

  /// - Precondition: `region` has at least 8 bytes between multiples of 8 and less than 2 GiB, and stays
  ///   where it is for as long as this heap.
  package init(_ region: UnsafeMutableRawBufferPointer) {
    guard let address = region.baseAddress else { preconditionFailure() }
    let slack = -Int(bitPattern: address) & 7
    precondition(region.count >= slack + BlockHeader.byteCount && region.count <= 0x7fff_ffff)
    capacity = (region.count - slack) & ~7
    let blocks = unsafe Blocks(base: address + slack)
    blocks[0] = BlockHeader(byteCount: capacity, precedingByteCount: 0, isUsed: false)
    self.blocks = blocks
  }

  /// A block for `count` things of `size` bytes each, all zero, at a multiple of 8; nil without room for it.
  package mutating func allocate(_ count: UInt, _ size: UInt) -> UnsafeMutableRawPointer? {
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: size)
    guard !overflow, byteCount <= UInt(capacity), let blocks,
      let offset = place((Int(byteCount) + 7) & ~7 + BlockHeader.byteCount, in: blocks)
    else {
      failureCount += 1
      return nil
    }
    return unsafe blocks.cleared(offset)
  }

  /// Takes the lowest free block that is large enough. What is not needed stays a free block behind it.
  private mutating func place(_ byteCount: Int, in blocks: Blocks) -> Int? {
    var offset = lowestFree
    var sawFree = false
    while offset < capacity {
      let block = blocks[offset]
      if !block.isUsed {
        if !sawFree { lowestFree = offset }
        sawFree = true
        if block.byteCount >= byteCount {
          let end = offset + byteCount
          blocks[offset] = BlockHeader(
            byteCount: byteCount, precedingByteCount: block.precedingByteCount, isUsed: true)
          if block.byteCount > byteCount {
            setFree(end, byteCount: block.byteCount - byteCount, precedingByteCount: byteCount, in: blocks)
          }
          usedByteCount += byteCount
          highWaterByteCount = max(highWaterByteCount, usedByteCount)
          peakExtentByteCount = max(peakExtentByteCount, end)
          return offset
        }
      }
      offset += block.byteCount
    }
    return nil
  }

  /// Takes a block back.
  ///
  /// - Precondition: `pointer` came from ``allocate(_:_:)``, was not taken back yet, and nobody wrote past
  ///   the end of a block. What is easily seen of that is checked.
  package mutating func deallocate(_ pointer: UnsafeMutableRawPointer) {
    guard let blocks else { preconditionFailure() }
    var offset = unsafe blocks.offset(of: pointer)
    precondition(offset >= 0 && offset < capacity && offset & 7 == 0)
    let block = blocks[offset]
    var byteCount = block.byteCount
    var precedingByteCount = block.precedingByteCount
    let end = offset + byteCount
    precondition(block.isUsed && byteCount > 0 && end <= capacity && precedingByteCount <= offset)
    usedByteCount -= byteCount
    if end < capacity {
      let next = blocks[end]
      precondition(next.precedingByteCount == byteCount)
      if !next.isUsed { byteCount += next.byteCount }
    }
    if precedingByteCount > 0 {
      let previous = blocks[offset - precedingByteCount]
      precondition(previous.byteCount == precedingByteCount)
      if !previous.isUsed {
        offset -= precedingByteCount
        byteCount += precedingByteCount
        precedingByteCount = previous.precedingByteCount
      }
    }
    setFree(offset, byteCount: byteCount, precedingByteCount: precedingByteCount, in: blocks)
    lowestFree = min(lowestFree, offset)
  }

  private func setFree(_ offset: Int, byteCount: Int, precedingByteCount: Int, in blocks: Blocks) {
    blocks[offset] = BlockHeader(byteCount: byteCount, precedingByteCount: precedingByteCount, isUsed: false)
    let end = offset + byteCount
    if end < capacity {
      let next = blocks[end]
      blocks[end] = BlockHeader(byteCount: next.byteCount, precedingByteCount: byteCount, isUsed: next.isUsed)
    }
  }

  /// Lets the two records start again from what is in use now.
  package mutating func resetHighWater() {
    highWaterByteCount = usedByteCount
    peakExtentByteCount = 0
    guard let blocks else { return }
    var offset = 0
    while offset < capacity {
      let block = blocks[offset]
      offset += block.byteCount
      if block.isUsed { peakExtentByteCount = offset }
    }
  }
}
