// How an option becomes bytes (RFC 7252 section 3.1).
extension MessageWriter {
  /// Where the number is a constant, which is nearly always, no more than a comparison or two is left of
  /// this; therefore it is inlined and the rest is not.
  @inline(__always)
  func check(_ number: OptionNumber, length: Int) throws(WriteError) {
    guard markerPosition == 0 else { throw .payloadBegun }
    guard number.rawValue >= lastNumber else { throw .outOfOrder }
    if !code.isSignaling, let rule = number.rule {
      guard rule.allows(length: length) else { throw .invalidValue }
      guard rule.isRepeatable || number.rawValue != lastNumber else { throw .repeated }
    }
  }

  // The two below take the short way, which nearly all options can, without a call; all the rest is
  // elsewhere so that they need no stack frame.
  @inline(never)
  mutating func appendChecked(
    _ number: OptionNumber, _ value: Span<UInt8>
  ) throws(WriteError) {
    let delta = Int(number.rawValue &- lastNumber)
    guard delta < 13 && value.count < 13 else { return try appendLong(number, value) }
    guard value.count < availableByteCount else { throw .tooLarge }
    store(UInt8(truncatingIfNeeded: delta &<< 4 | value.count), at: position)
    unsafe copyShort(value, to: position &+ 1)
    position = position &+ 1 &+ value.count
    lastNumber = number.rawValue
  }

  @inline(never)
  mutating func appendChecked(
    _ number: OptionNumber, uint value: UInt32
  ) throws(WriteError) {
    let delta = Int(number.rawValue &- lastNumber)
    guard delta < 13 && value < 0x100 else { return try appendLong(number, uint: value) }
    let length = value == 0 ? 0 : 1
    guard length < availableByteCount else { throw .tooLarge }
    store(UInt8(truncatingIfNeeded: delta &<< 4 | length), at: position)
    if length > 0 { store(UInt8(truncatingIfNeeded: value), at: position &+ 1) }
    position = position &+ 1 &+ length
    lastNumber = number.rawValue
  }

  @inline(never)
  private mutating func appendLong(
    _ number: OptionNumber, _ value: Span<UInt8>
  ) throws(WriteError) {
    try appendLongHeader(number, length: value.count)
    unsafe copy(value, to: position)
    position &+= value.count
  }

  @inline(never)
  mutating func appendLong(
    _ number: OptionNumber, uint value: UInt32
  ) throws(WriteError) {
    let length = uintByteCount(value)
    try appendLongHeader(number, length: length)
    unsafe writeBytes(of: value, count: length, to: base + position)
    position &+= length
  }

  @inline(never)
  private mutating func appendLongHeader(
    _ number: OptionNumber, length: Int
  ) throws(WriteError) {
    let delta = Int(number.rawValue &- lastNumber)
    let deltaWidth = MessageWriter.extensionWidth(delta)
    let lengthWidth = MessageWriter.extensionWidth(length)
    // A length of four bytes more is none that an option can have.
    guard lengthWidth < 4, 1 &+ deltaWidth &+ lengthWidth &+ length <= availableByteCount
    else { throw .tooLarge }
    let deltaNibble = deltaWidth == 0 ? delta : 12 &+ deltaWidth
    let lengthNibble = lengthWidth == 0 ? length : 12 &+ lengthWidth
    store(UInt8(truncatingIfNeeded: deltaNibble &<< 4 | lengthNibble), at: position)
    unsafe writeExtension(delta, width: deltaWidth, to: base + (position &+ 1))
    unsafe writeExtension(length, width: lengthWidth, to: base + (position &+ 1 &+ deltaWidth))
    position &+= 1 &+ deltaWidth &+ lengthWidth
    lastNumber = number.rawValue
  }

  /// The bytes that follow the nibble of a length: the same steps in Len, token length and options.
  @inline(__always)
  static func extensionWidth(_ value: Int) -> Int {
    value < 13 ? 0 : value < 269 ? 1 : value < 65805 ? 2 : 4
  }

  /// Copies up to twelve bytes, as most options have, in words that may overlap: a fraction of what a
  /// call of `memmove` costs.
  ///
  /// - Precondition: as for `copy(_:to:)`; at most twelve bytes.
  @unsafe
  @inline(__always)
  private func copyShort(_ bytes: Span<UInt8>, to offset: Int) {
    let target = unsafe UnsafeMutableRawPointer(base + offset)
    let count = bytes.count
    unsafe bytes.withUnsafeBytes { source in
      if count >= 4 {
        let last = count &- 4
        let tail = unsafe source.loadUnaligned(fromByteOffset: last, as: UInt32.self)
        unsafe target.storeBytes(of: source.loadUnaligned(as: UInt32.self), as: UInt32.self)
        if count > 8 {
          let middle = unsafe source.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
          unsafe target.storeBytes(of: middle, toByteOffset: 4, as: UInt32.self)
        }
        unsafe target.storeBytes(of: tail, toByteOffset: last, as: UInt32.self)
      } else {
        for index in 0..<count {
          unsafe target.storeBytes(of: source[index], toByteOffset: index, as: UInt8.self)
        }
      }
    }
  }
}

/// The bytes of `value` without leading zeros: 0 to 4.
@inline(__always)
func uintByteCount(_ value: UInt32) -> Int {
  value == 0 ? 0 : value < 0x100 ? 1 : value < 0x1_0000 ? 2 : value < 0x100_0000 ? 3 : 4
}

/// Writes what does not fit into a nibble, in 0, 1, 2 or 4 bytes.
///
/// - Precondition: `width` is that of `value`, and the caller has checked that so many bytes fit.
@unsafe
@inline(never)
func writeExtension(_ value: Int, width: Int, to target: UnsafeMutablePointer<UInt8>) {
  let least = width == 1 ? 13 : width == 2 ? 269 : 65805
  unsafe writeBytes(of: UInt32(truncatingIfNeeded: value &- least), count: width, to: target)
}

/// Writes the last `count` bytes of `value`, the most significant one first.
@unsafe
@inline(never)
private func writeBytes(of value: UInt32, count: Int, to target: UnsafeMutablePointer<UInt8>) {
  var rest = value
  var index = count
  while index > 0 {
    index &-= 1
    unsafe target[index] = UInt8(truncatingIfNeeded: rest)
    rest &>>= 8
  }
}
