/// A value that does not move, as long as this holder is held.
@safe
final class Pinned<Value: ~Copyable> {
  let pointer: UnsafeMutablePointer<Value>

  init(_ value: consuming Value) {
    unsafe pointer = .allocate(capacity: 1)
    unsafe pointer.initialize(to: value)
  }

  deinit {
    unsafe pointer.deinitialize(count: 1)
    unsafe pointer.deallocate()
  }
}

/// Values that do not move, as long as this holder is held.
@safe
final class PinnedArray<Element: ~Copyable> {
  let buffer: UnsafeMutableBufferPointer<Element>

  init(count: Int, _ make: (Int) -> Element) {
    unsafe buffer = .allocate(capacity: count)
    for index in 0..<count { unsafe buffer.initializeElement(at: index, to: make(index)) }
  }

  deinit {
    unsafe buffer.deinitialize()
    unsafe buffer.deallocate()
  }
}

extension PinnedArray<UInt8> {
  convenience init(_ bytes: [UInt8]) { self.init(count: bytes.count) { bytes[$0] } }

  var readOnly: UnsafeBufferPointer<UInt8> { unsafe UnsafeBufferPointer(buffer) }
}

/// The bytes of a span.
func array(_ span: Span<UInt8>) -> [UInt8] {
  unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
}
