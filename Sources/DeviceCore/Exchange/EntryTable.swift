/// A fixed number of entries in memory of the caller.
@safe
struct EntryTable<Entry> {
  private let entries: UnsafeMutableBufferPointer<Entry>

  init(_ entries: UnsafeMutableBufferPointer<Entry>) {
    unsafe self.entries = entries
  }

  var count: Int { unsafe entries.count }

  subscript(index: Int) -> Entry {
    get {
      precondition(index >= 0 && index < count)
      return unsafe entries[index]
    }
    nonmutating set {
      precondition(index >= 0 && index < count)
      unsafe entries[index] = newValue
    }
  }
}
