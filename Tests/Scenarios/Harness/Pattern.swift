import DeviceCore

// Bodies that can be made and checked anywhere: a byte out of its place is seen.

/// The byte at a place of the body with this version.
@inline(__always)
func patternByte(_ index: UInt32, _ version: UInt32) -> UInt8 {
  UInt8(truncatingIfNeeded: (index &* 0x9e37_79b9 &+ version &* 0x85eb_ca6b) >> 13)
}

/// Up to 64 bytes of the body from `start` on.
@inline(never)
private func patternPiece(_ start: UInt32, _ version: UInt32) -> InlineArray<64, UInt8> {
  var bytes = InlineArray<64, UInt8>(repeating: 0)
  for index in 0..<64 {
    bytes[index] = patternByte(start &+ UInt32(truncatingIfNeeded: index), version)
  }
  return bytes
}

extension Response {
  /// Appends this part of the body.
  @inline(never)
  mutating func append(pattern range: Range<UInt32>, _ version: UInt32) {
    var start = range.lowerBound
    while start < range.upperBound {
      let bytes = patternPiece(start, version)
      let count = min(64, range.upperBound - start)
      append(bytes.span.extracting(first: Int(count)))
      start += count
    }
  }
}

extension MessageWriter {
  /// Appends this part of the body.
  @inline(never)
  mutating func append(pattern range: Range<UInt32>, _ version: UInt32) throws(WriteError) {
    var start = range.lowerBound
    while start < range.upperBound {
      let bytes = patternPiece(start, version)
      let count = min(64, range.upperBound - start)
      try append(payload: bytes.span.extracting(first: Int(count)))
      start += count
    }
  }
}

/// Whether these are the bytes of the body from `offset` on.
@inline(never)
func isPattern(_ bytes: Span<UInt8>, at offset: UInt32, _ version: UInt32) -> Bool {
  for index in bytes.indices
  where bytes[index] != patternByte(offset &+ UInt32(truncatingIfNeeded: index), version) {
    return false
  }
  return true
}
