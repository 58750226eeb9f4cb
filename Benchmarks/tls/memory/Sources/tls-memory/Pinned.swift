/// A value that does not move, for as long as the program runs.
@safe
struct Pinned<Value: ~Copyable> {
  let pointer: UnsafeMutablePointer<Value>

  init(_ value: consuming Value) {
    unsafe pointer = .allocate(capacity: 1)
    unsafe pointer.initialize(to: value)
  }
}

/// Values that do not move, for as long as the program runs.
@safe
struct PinnedArray<Element: ~Copyable> {
  let buffer: UnsafeMutableBufferPointer<Element>

  init(count: Int, _ make: (Int) -> Element) {
    unsafe buffer = .allocate(capacity: count)
    for index in 0..<count { unsafe buffer.initializeElement(at: index, to: make(index)) }
  }
}

extension PinnedArray<UInt8> {
  init(_ bytes: [UInt8]) { self.init(count: bytes.count) { bytes[$0] } }

  var readOnly: UnsafeBufferPointer<UInt8> { unsafe UnsafeBufferPointer(buffer) }
}
