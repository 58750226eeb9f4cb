import TLSArena
import Testing

@Suite struct ArenaTests {
  @Test func allocate_anySize_isZeroAlignedAndCountedWithItsHeader() throws {
    let heap = TestHeap(1024)
    for (count, size, blockByteCount) in [(1, 0, 8), (1, 1, 16), (8, 1, 16), (3, 3, 24), (1, 100, 112)] {
      let used = heap.heap.usedByteCount
      let offset = try #require(heap.allocate(UInt(count), UInt(size)))
      #expect(offset % 8 == 0)
      #expect(heap.contents(offset, count * size).allSatisfy { $0 == 0 })
      #expect(heap.heap.usedByteCount - used == blockByteCount)
      heap.fill(offset, count * size, with: 0xa5)
    }
  }

  @Test func allocate_afterDeallocate_isZeroAgain() {
    let heap = TestHeap(64)
    #expect(heap.allocate(1, 40) == 8)
    heap.fill(8, 40, with: 0xff)
    heap.deallocate(8)
    #expect(heap.allocate(40, 1) == 8)
    #expect(heap.contents(8, 40).allSatisfy { $0 == 0 })
  }

  @Test func allocate_severalGaps_takesTheLowestThatIsLargeEnough() throws {
    let heap = TestHeap(1024)
    let offsets = try [40, 8, 64, 8, 40, 8].map { try #require(heap.allocate(1, $0)) }
    for index in [0, 2, 4] { heap.deallocate(offsets[index]) }
    #expect(heap.allocate(1, 50) == offsets[2])
    #expect(heap.allocate(1, 20) == offsets[0])
    #expect(heap.allocate(1, 40) == offsets[4])
  }

  @Test(arguments: 0..<8) func init_regionAtAnyAddress_usesWhatLiesBetweenMultiplesOf8(_ start: Int) {
    let heap = TestHeap(64, start: start)
    #expect(heap.heap.capacity == (start == 0 ? 64 : 56))
    let first = start == 0 ? 0 : 8
    #expect(heap.allocate(1, UInt(heap.heap.capacity - 8)) == first + 8)
    #expect(heap.allocate(1, 0) == nil)
  }

  @Test func allocate_moreThanThereIs_isNilAndCounted() {
    let heap = TestHeap(256)
    let max = UInt.max
    for (count, size) in [(1, 249), (1, 256), (max, 1), (1, max), (max, max), (max / 2 + 1, 2)] {
      #expect(heap.allocate(count, size) == nil)
    }
    #expect(heap.heap.failureCount == 6)
    #expect(heap.heap.usedByteCount == 0)
    #expect(heap.heap.highWaterByteCount == 0 && heap.heap.peakExtentByteCount == 0)
    #expect(heap.allocate(1, 248) == 8)
  }

  @Test(arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
  func deallocate_inAnyOrder_leavesOneBlock(_ order: [Int]) throws {
    let heap = TestHeap(96)
    let offsets = try order.map { _ in try #require(heap.allocate(1, 24)) }
    #expect(heap.allocate(1, 0) == nil)
    for index in order { heap.deallocate(offsets[index]) }
    #expect(heap.heap.usedByteCount == 0)
    #expect(heap.allocate(1, 88) == 8)
  }

  @Test func highWater_isWhatWasInUseAtOneMoment_andPeakExtentHowFarItReached() {
    let heap = TestHeap(1024)
    #expect(heap.allocate(1, 92) == 8)  // the block is 0..<104
    #expect(heap.allocate(1, 16) == 112)  // 104..<128
    heap.deallocate(8)
    #expect(heap.allocate(1, 120) == 136)  // 128..<256: the gap is too small
    #expect(heap.heap.usedByteCount == 152)
    #expect(heap.heap.highWaterByteCount == 152 && heap.heap.peakExtentByteCount == 256)
    heap.deallocate(136)
    #expect(heap.heap.highWaterByteCount == 152 && heap.heap.peakExtentByteCount == 256)
    heap.heap.resetHighWater()
    #expect(heap.heap.highWaterByteCount == 24 && heap.heap.peakExtentByteCount == 128)
    heap.deallocate(112)
    heap.heap.resetHighWater()
    #expect(heap.heap.highWaterByteCount == 0 && heap.heap.peakExtentByteCount == 0)
  }

  @Test(arguments: 1...10) func anySequence_behavesLikeTheModel(_ seed: UInt64) {
    var model = Model(AllocationScript(seed: seed), capacity: 4096)
    model.run()
    #expect(model.fault == nil)
    #expect(model.heap.heap.failureCount > 0, "the script does not exhaust the region")
  }

  @Test(arguments: 1...10)
  func sameSequence_inRegionOfPeakExtent_succeedsAndInSmallerOneFails(_ seed: UInt64) {
    let script = AllocationScript(seed: seed)
    var large = Model(script, capacity: 1 << 20)
    large.run()
    #expect(large.fault == nil && large.heap.heap.failureCount == 0)
    let extent = large.peakExtentByteCount
    #expect(large.highWaterByteCount < extent)

    var exact = Model(script, capacity: extent)
    exact.run()
    #expect(exact.fault == nil && exact.heap.heap.failureCount == 0)
    #expect(exact.highWaterByteCount == large.highWaterByteCount)

    var small = Model(script, capacity: extent - 8)
    small.run()
    #expect(small.fault == nil && small.heap.heap.failureCount > 0)
  }
}

/// The one arena of a process, and mistakes that end one: each in a process of its own.
@Suite struct ArenaProcessTests {
  @Test func cFunctions_beforeUse_fail_andThenUseTheRegion() async {
    await #expect(processExitsWith: .success) {
      precondition(unsafe tlsArenaAllocate(1, 0) == nil && TLSArena.failureCount == 1)
      let region = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 8)
      unsafe TLSArena.use(region)
      precondition(TLSArena.capacity == 256 && TLSArena.failureCount == 0)
      let pointer = unsafe tlsArenaAllocate(3, 5)
      precondition(unsafe pointer == region.baseAddress! + 8)
      precondition(TLSArena.usedByteCount == 24 && TLSArena.peakExtentByteCount == 24)
      tlsArenaFree(nil)
      unsafe tlsArenaFree(pointer)
      precondition(TLSArena.usedByteCount == 0 && TLSArena.highWaterByteCount == 24)
      TLSArena.resetHighWater()
      precondition(TLSArena.highWaterByteCount == 0 && TLSArena.peakExtentByteCount == 0)
      unsafe TLSArena.use(region)
    }
  }

  @Test func use_whileSomethingIsAllocated_traps() async {
    await #expect(processExitsWith: .failure) {
      let region = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 8)
      unsafe TLSArena.use(region)
      _ = unsafe tlsArenaAllocate(1, 1)
      unsafe TLSArena.use(region)
    }
  }

  @Test func deallocate_twice_traps() async {
    await #expect(processExitsWith: .failure) {
      let heap = TestHeap(256)
      _ = heap.allocate(1, 40)
      heap.deallocate(8)
      heap.deallocate(8)
    }
  }

  @Test func deallocate_foreignPointer_traps() async {
    await #expect(processExitsWith: .failure) {
      let heap = TestHeap(256)
      heap.deallocate(264)
    }
  }

  @Test func deallocate_afterWriteBeyondTheBlock_traps() async {
    await #expect(processExitsWith: .failure) {
      let heap = TestHeap(256)
      _ = heap.allocate(1, 40)
      heap.fill(8, 48, with: 0xff)
      heap.deallocate(8)
    }
  }
}

/// A heap in memory of its own, which was not zero, with offsets in place of pointers.
@safe
private final class TestHeap {
  var heap: Heap
  private let region: UnsafeMutableRawBufferPointer

  /// - Parameter start: the region's address modulo 8; offsets count from the multiple of 8 below it.
  init(_ byteCount: Int, start: Int = 0) {
    unsafe region = .allocate(byteCount: start + byteCount, alignment: 8)
    unsafe region.initializeMemory(as: UInt8.self, repeating: 0x5a)
    heap = unsafe Heap(UnsafeMutableRawBufferPointer(rebasing: region[start...]))
  }

  deinit { unsafe region.deallocate() }

  func allocate(_ count: UInt, _ size: UInt) -> Int? {
    unsafe heap.allocate(count, size).map { unsafe $0 - region.baseAddress! }
  }

  func deallocate(_ offset: Int) { unsafe heap.deallocate(region.baseAddress! + offset) }

  func contents(_ offset: Int, _ byteCount: Int) -> [UInt8] {
    unsafe Array(region[offset..<(offset + byteCount)])
  }

  func fill(_ offset: Int, _ byteCount: Int, with byte: UInt8) {
    for index in offset..<(offset + byteCount) { unsafe region[index] = byte }
  }
}

/// Calls as they could come: blocks of all sizes, most of them small and short-lived, now and then everything freed.
private struct AllocationScript {
  enum Step {
    case allocate(Int)
    /// Of those in use, counted from the oldest and modulo their number.
    case deallocate(Int)
    case deallocateAll
  }

  private(set) var steps: [Step] = []

  init(seed: UInt64) {
    var state = seed
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    for _ in 0..<400 {
      switch random(100) {
      case 0: steps.append(.deallocateAll)
      case 1...40: steps.append(.deallocate(random(1000)))
      case 41...85: steps.append(.allocate(random(64)))
      default: steps.append(.allocate(random(1200)))
      }
    }
  }
}

/// Runs a script on a heap, and beside it on a list of what must be in use where and with what content.
private struct Model {
  let heap: TestHeap
  /// The first disagreement.
  private(set) var fault: String?
  /// The records before the last check, which fills the heap.
  private(set) var highWaterByteCount = 0
  private(set) var peakExtentByteCount = 0
  private let script: AllocationScript
  private var inUse: [(offset: Int, byteCount: Int, mark: UInt8)] = []

  init(_ script: AllocationScript, capacity: Int) {
    self.script = script
    heap = TestHeap(capacity)
  }

  mutating func run() {
    for (index, step) in script.steps.enumerated() {
      switch step {
      case .allocate(let byteCount): allocate(byteCount, mark: UInt8(index & 0xff) | 1)
      case .deallocate(let number): if !inUse.isEmpty { deallocate(at: number % inUse.count) }
      case .deallocateAll: while !inUse.isEmpty { deallocate(at: inUse.count / 2) }
      }
      expect(heap.heap.usedByteCount == inUse.reduce(0) { $0 + Self.block($1.byteCount) }, "used at \(index)")
    }
    while !inUse.isEmpty { deallocate(at: 0) }
    highWaterByteCount = heap.heap.highWaterByteCount
    peakExtentByteCount = heap.heap.peakExtentByteCount
    expect(heap.allocate(1, UInt(heap.heap.capacity - 8)) == 8, "one block at the end")
  }

  private mutating func allocate(_ byteCount: Int, mark: UInt8) {
    let offset = heap.allocate(UInt(byteCount), 1)
    expect(offset == lowestGap(for: Self.block(byteCount)), "\(byteCount) not in the lowest gap")
    guard let offset else { return }
    expect(heap.contents(offset, byteCount).allSatisfy { $0 == 0 }, "not zero")
    heap.fill(offset, byteCount, with: mark)
    inUse.append((offset, byteCount, mark))
  }

  private mutating func deallocate(at index: Int) {
    let block = inUse.remove(at: index)
    expect(heap.contents(block.offset, block.byteCount).allSatisfy { $0 == block.mark }, "overwritten")
    heap.deallocate(block.offset)
  }

  /// Where the content of a block of `byteCount` has to be, nil when there is no gap for it.
  private func lowestGap(for byteCount: Int) -> Int? {
    var start = 0
    for block in inUse.sorted(by: { $0.offset < $1.offset }) {
      if block.offset - 8 - start >= byteCount { break }
      start = block.offset - 8 + Self.block(block.byteCount)
    }
    return heap.heap.capacity - start >= byteCount ? start + 8 : nil
  }

  private static func block(_ byteCount: Int) -> Int { 8 + (byteCount + 7) / 8 * 8 }

  private mutating func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition && fault == nil { fault = message() }
  }
}
