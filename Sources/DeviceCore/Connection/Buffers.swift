// The two byte queues of a connection. This file and `MessageWriter` are where the core touches memory
// through pointers; every access is checked against the capacity first.

/// Bytes from the peer that have not been processed yet.
@safe
struct ReceiveBuffer {
  private let base: UnsafeMutablePointer<UInt8>
  let capacity: Int
  private(set) var start = 0
  private(set) var end = 0

  init(_ memory: UnsafeMutableBufferPointer<UInt8>) {
    precondition(unsafe memory.baseAddress != nil)
    unsafe base = memory.baseAddress!
    capacity = memory.count
  }

  var count: Int { end &- start }

  /// What has come in and was not consumed.
  var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      let span = unsafe uncheckedSpan(base + start, end &- start)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The message in front.
  ///
  /// - Precondition: so many bytes have come in.
  @inline(__always)
  @_lifetime(borrow self)
  func first(_ byteCount: Int) -> Span<UInt8> {
    let span = unsafe uncheckedSpan(base + start, byteCount)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// Makes the free bytes behind the last one as many as they can sensibly be.
  mutating func makeSpace() {
    guard start > 0, capacity &- end < capacity / 2 else { return }
    unsafe UnsafeMutableRawPointer(base).copyMemory(from: base + start, byteCount: end &- start)
    end &-= start
    start = 0
  }

  var space: MutableSpan<UInt8> {
    @_lifetime(&self)
    mutating get {
      let span = unsafe MutableSpan(_unsafeStart: base + end, count: capacity &- end)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// Copies in as many of `bytes` as there is space for, and says how many that were.
  mutating func append(_ bytes: Span<UInt8>) -> Int {
    let count = min(bytes.count, capacity &- end)
    unsafe bytes.withUnsafeBufferPointer { source in
      if let start = source.baseAddress, count > 0 {
        unsafe UnsafeMutableRawPointer(base + end).copyMemory(from: start, byteCount: count)
      }
    }
    return count
  }

  /// - Precondition: so many bytes were written to ``space``.
  mutating func commit(_ count: Int) {
    precondition(count >= 0 && count <= capacity &- end)
    end &+= count
  }

  mutating func consume(_ count: Int) {
    precondition(count >= 0 && count <= end &- start)
    start &+= count
    if start == end {
      start = 0
      end = 0
    }
  }
}

/// Messages on their way to the peer, whole ones behind each other.
@safe
struct TransmitBuffer {
  private let base: UnsafeMutablePointer<UInt8>
  private let capacity: Int
  private var start = 0
  private var end = 0

  init(_ memory: UnsafeMutableBufferPointer<UInt8>) {
    precondition(unsafe memory.baseAddress != nil)
    unsafe base = memory.baseAddress!
    capacity = memory.count
  }

  var isEmpty: Bool { start == end }
  var count: Int { end &- start }

  var bytes: Span<UInt8> {
    @_lifetime(borrow self)
    get {
      let span = unsafe uncheckedSpan(base + start, end &- start)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// - Precondition: so many bytes were pending.
  mutating func didSend(_ count: Int) {
    precondition(count >= 0 && count <= end &- start)
    start &+= count
    if start == end {
      start = 0
      end = 0
    }
  }

  /// The largest message that fits now without touching the reserve.
  var room: Int { capacity &- (end &- start) &- ConnectionMemory.transmitReserve }
  /// The largest message that fits when nothing is pending.
  var largestMessage: Int { capacity &- ConnectionMemory.transmitReserve }
  /// The reserve holds the slack of the last message as well.
  var roomWithReserve: Int { capacity &- (end &- start) &- MessageWriter.slackByteCount }

  /// Begins one message of at most `limit` bytes behind the pending ones.
  ///
  /// - Returns: false when not even its token fits.
  /// - Precondition: `limit` is at most ``roomWithReserve``, and ``commit(_:)`` or nothing follows.
  @inline(never)
  mutating func begin(
    _ writer: inout MessageWriter, limit: Int, code: Code, token: Span<UInt8>
  ) -> Bool {
    guard limit > 0 else { return false }
    precondition(limit <= roomWithReserve)
    if capacity &- end < limit &+ MessageWriter.slackByteCount {
      unsafe UnsafeMutableRawPointer(base).copyMemory(from: base + start, byteCount: end &- start)
      end &-= start
      start = 0
    }
    let region = unsafe UnsafeMutableBufferPointer(start: base + end, count: capacity &- end)
    return unsafe writer.begin(region: region, limit: limit, code: code, token: token)
  }

  /// Takes over the message that the last ``begin(_:limit:code:token:)`` began.
  @inline(never)
  mutating func commit(_ count: Int) {
    precondition(count >= 0 && count <= capacity &- end)
    end &+= count
  }
}
