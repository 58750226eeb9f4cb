/// The input of one run, read from its start: first choices, then, in most targets, the bytes from the peer.
@safe
struct Tape {
  private let bytes: UnsafeBufferPointer<UInt8>
  private(set) var position = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    unsafe self.bytes = bytes
  }

  var isAtEnd: Bool { unsafe position == bytes.count }
  var count: Int { unsafe bytes.count - position }

  /// The next byte; 0 behind the last one.
  mutating func byte() -> UInt8 {
    guard unsafe position < bytes.count else { return 0 }
    position += 1
    return unsafe bytes[position - 1]
  }

  /// A number from 0 to `bound - 1`, from one byte or two.
  mutating func below(_ bound: Int) -> Int {
    let first = Int(byte())
    return (bound > 256 ? first << 8 | Int(byte()) : first) % bound
  }

  mutating func flag() -> Bool { byte() & 1 == 1 }

  /// Once in `count` times.
  mutating func oneIn(_ count: Int) -> Bool { below(count) == count - 1 }

  /// What was not read. It outlives the run.
  var rest: Span<UInt8> {
    @_lifetime(immortal)
    get {
      let span = unsafe Span(_unsafeElements: UnsafeBufferPointer(rebasing: bytes[position...]))
      return unsafe _overrideLifetime(span, copying: ())
    }
  }

  mutating func skip(_ count: Int) { position = unsafe min(bytes.count, position + count) }
}
