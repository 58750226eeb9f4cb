/// Which places of a ``Device`` have something to do, a bit for each: set by the streams that can tell, so that a device
/// with thousands of connections looks only at the busy ones.
///
/// A device for a few connections needs none and looks at all of them each time.
@safe
public struct WakeSet {
  // First who is awake, then who is looked at at every step.
  private let words: UnsafeMutablePointer<UInt32>?
  private let wordCount: Int

  /// No memory: every place is always looked at.
  public init() {
    unsafe words = nil
    wordCount = 0
  }

  /// - Parameter words: ``wordCount(slots:)`` zeros, which outlive this value and do not move.
  @unsafe
  public init(_ words: UnsafeMutableBufferPointer<UInt32>) {
    unsafe self.words = words.baseAddress
    wordCount = words.count / 2
  }

  /// How many words so many places take.
  public static func wordCount(slots: Int) -> Int { (slots + 31) / 32 * 2 }

  var slotCount: Int { wordCount * 32 }
  var isEmpty: Bool { wordCount == 0 }

  /// What wakes a place.
  func waker(_ slot: Int) -> Waker {
    unsafe Waker(word: words.unsafelyUnwrapped + checked(slot) / 32, bit: WakeSet.bit(slot))
  }

  func wake(_ slot: Int) { waker(slot).wake() }

  /// Whether anyone is awake.
  var hasAwake: Bool {
    for index in 0..<wordCount where unsafe words.unsafelyUnwrapped[index] != 0 { return true }
    return false
  }

  /// Has a place looked at at every step, or only when it is awake.
  func setAttended(_ slot: Int, _ isAttended: Bool) {
    let word = unsafe words.unsafelyUnwrapped + wordCount + checked(slot) / 32
    if isAttended {
      unsafe word.pointee |= WakeSet.bit(slot)
    } else {
      unsafe word.pointee &= ~WakeSet.bit(slot)
    }
  }

  /// The places in a word that are awake, which are not any more then, and those that are always looked at.
  func take(word index: Int) -> Places {
    let awake = unsafe words.unsafelyUnwrapped[index]
    unsafe words.unsafelyUnwrapped[index] = 0
    return unsafe Places(first: index * 32, bits: awake | words.unsafelyUnwrapped[wordCount + index])
  }

  /// The places in a word that are always looked at.
  func attended(word index: Int) -> Places {
    unsafe Places(first: index * 32, bits: words.unsafelyUnwrapped[wordCount + index])
  }

  var wordIndices: Range<Int> { 0..<wordCount }

  private func checked(_ slot: Int) -> Int {
    precondition(slot >= 0 && slot < slotCount)
    return slot
  }

  private static func bit(_ slot: Int) -> UInt32 { 1 << UInt32(slot % 32) }

  /// Up to 32 places, in order.
  struct Places {
    fileprivate let first: Int
    fileprivate var bits: UInt32

    mutating func next() -> Int? {
      guard bits != 0 else { return nil }
      let slot = first + bits.trailingZeroBitCount
      bits &= bits - 1
      return slot
    }
  }
}

/// Wakes the place of one stream in a ``WakeSet``. A value is small, and copies do the same.
@safe
public struct Waker {
  private let word: UnsafeMutablePointer<UInt32>
  private let bit: UInt32

  fileprivate init(word: UnsafeMutablePointer<UInt32>, bit: UInt32) {
    unsafe self.word = word
    self.bit = bit
  }

  /// The stream may have something to do. Called where ``Board/wait(until:)`` runs, not in an interrupt.
  public func wake() { unsafe word.pointee |= bit }
}
