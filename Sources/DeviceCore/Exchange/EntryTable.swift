/// A fixed number of entries in memory of the caller.
@safe
struct EntryTable<Entry> {
  private let entries: UnsafeMutableBufferPointer<Entry>

  init(_ entries: UnsafeMutableBufferPointer<Entry>) {
    unsafe self.entries = entries
  }

  var count: Int { unsafe entries.count }

  // By address: an entry is not copied for the sake of one of its members.
  subscript(index: Int) -> Entry {
    @inline(__always)
    unsafeAddress {
      precondition(index >= 0 && index < count)
      return unsafe UnsafePointer(entries.baseAddress.unsafelyUnwrapped + index)
    }
    @inline(__always)
    nonmutating unsafeMutableAddress {
      precondition(index >= 0 && index < count)
      return unsafe entries.baseAddress.unsafelyUnwrapped + index
    }
  }
}
