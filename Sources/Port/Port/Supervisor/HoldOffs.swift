import DeviceCore

/// The places that wanted to be left alone for a while. As many as one chain of alternatives has; beyond
/// that the one that is over first is forgotten.
struct HoldOffs {
  private struct Entry {
    var place: DialPlace
    var end: Instant
  }

  private var entries = InlineArray<4, Entry?>(repeating: nil)

  /// Until when nothing is to be dialled there; nil for at once.
  func end(of place: DialPlace) -> Instant? {
    for index in entries.indices {
      if let entry = entries[index], entry.place == place { return entry.end }
    }
    return nil
  }

  mutating func add(_ place: DialPlace, until end: Instant) {
    entries[slot(for: place)] = Entry(place: place, end: end)
  }

  /// Called often enough: instants compare for 24 days only.
  mutating func forgetPast(at now: Instant) {
    for index in entries.indices {
      if let entry = entries[index], entry.end.isReached(at: now) { entries[index] = nil }
    }
  }

  /// Its own, a free one, or that of the entry that is over first.
  private func slot(for place: DialPlace) -> Int {
    var best = 0
    for index in entries.indices {
      guard let entry = entries[index] else {
        best = index
        continue
      }
      if entry.place == place { return index }
      if let other = entries[best], entry.end.isBefore(other.end) { best = index }
    }
    return best
  }
}
