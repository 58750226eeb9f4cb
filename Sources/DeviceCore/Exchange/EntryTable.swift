/// A fixed number of entries in memory of the caller.
@safe
struct EntryTable<Entry> {
  private let entries: UnsafeMutablePointer<Entry>?
  // Of a width that shows the optimiser that counting up to it neither overflows nor begins below zero.
  private let capacity: UInt16

  /// - Precondition: there are at most 65535 entries.
  init(_ entries: UnsafeMutableBufferPointer<Entry>) {
    unsafe self.entries = entries.baseAddress
    capacity = UInt16(entries.count)
  }

  var count: Int { Int(capacity) }
  var indices: Range<Int> { unsafe Range(uncheckedBounds: (0, count)) }

  // By address: an entry is not copied for the sake of one of its members.
  subscript(index: Int) -> Entry {
    @inline(__always)
    unsafeAddress {
      precondition(index >= 0 && index < count)
      return unsafe UnsafePointer(entries.unsafelyUnwrapped + index)
    }
    @inline(__always)
    nonmutating unsafeMutableAddress {
      precondition(index >= 0 && index < count)
      return unsafe entries.unsafelyUnwrapped + index
    }
  }
}
