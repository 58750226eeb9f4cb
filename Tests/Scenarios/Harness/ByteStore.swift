import DeviceCore

/// Bytes that pile up in a region until they are dropped. What does not fit is counted, not stored.
@safe
struct ByteStore {
  private let base: UnsafeMutablePointer<UInt8>
  private let capacity: Int
  private var start = 0
  private var end = 0
  private(set) var lostCount = 0

  init(_ region: Region, capacity: Int = Region.capacity) {
    unsafe base = region.bytes(capacity).baseAddress!
    self.capacity = capacity
  }

  /// A store that holds the bytes of `hex`, in the notation of the vectors.
  init(_ region: Region, hex: StaticString) {
    self.init(region)
    append(hex: hex)
  }

  var count: Int { end - start }
  var isEmpty: Bool { start == end }
  var spaceCount: Int { capacity - count }

  /// The memory is static; the content changes with the next append.
  var bytes: Span<UInt8> {
    @_lifetime(immortal)
    get {
      let span = unsafe Span(_unsafeStart: base + start, count: count)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }

  subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count)
    return unsafe base[start + index]
  }

  mutating func replace(_ index: Int, with byte: UInt8) {
    precondition(index >= 0 && index < count)
    unsafe base[start + index] = byte
  }

  @inline(never)
  mutating func append(_ byte: UInt8) {
    if end == capacity && start > 0 {
      unsafe base.update(from: base + start, count: count)
      end -= start
      start = 0
    }
    guard end < capacity else {
      lostCount += 1
      return
    }
    unsafe base[end] = byte
    end += 1
  }

  @inline(never)
  mutating func append(_ bytes: Span<UInt8>) {
    guard bytes.count <= capacity - end else {
      for index in bytes.indices { append(bytes[index]) }
      return
    }
    // There is room for all of them, and they are not in this region.
    unsafe bytes.withUnsafeBufferPointer { source in
      if let start = source.baseAddress {
        unsafe (base + end).update(from: start, count: source.count)
      }
    }
    end += bytes.count
  }

  @inline(never)
  mutating func append(hex: StaticString) {
    var reader = HexReader(hex)
    while let byte = reader.next() { append(byte) }
  }

  @inline(never)
  mutating func append(_ byte: UInt8, repeated count: Int) {
    for _ in 0..<count { append(byte) }
  }

  mutating func removeFirst(_ count: Int) {
    precondition(count <= self.count)
    start += count
    if isEmpty { removeAll() }
  }

  mutating func removeAll() {
    start = 0
    end = 0
  }

  /// Whether the bytes are just those of `hex`.
  @inline(never)
  func isEqual(hex: StaticString) -> Bool {
    var reader = HexReader(hex)
    let bytes = self.bytes
    for index in bytes.indices where reader.next() != bytes[index] { return false }
    return reader.next() == nil
  }
}
