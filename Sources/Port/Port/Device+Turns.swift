import DeviceCore

// Whose turn it is: with a wake set those who have something to do, without one everybody.
extension Device where Table: ~Copyable, Observer: ~Copyable {
  mutating func advanceAll(at now: Instant) {
    guard !wakes.isEmpty else {
      for index in unsafe slots.indices { advance(index, at: now) }
      return
    }
    wakeDue(at: now)
    for word in wakes.wordIndices {
      var places = wakes.take(word: word)
      while let index = places.next() { advance(index, at: now) }
    }
  }

  mutating func notifyAll(at now: Instant) {
    guard !wakes.isEmpty else {
      for index in unsafe slots.indices { notify(index, at: now) }
      return
    }
    for word in wakes.wordIndices {
      var places = wakes.attended(word: word)
      while let index = places.next() { notify(index, at: now) }
    }
  }

  /// - Returns: whether there may be more, which nothing would announce again.
  mutating func acceptSome(at now: Instant) -> Bool {
    // No more than a few, for peers that come and go at once would leave the others no turn.
    for _ in 0..<8 {
      while unsafe firstFree < slots.count && !slots[firstFree].isFree { firstFree += 1 }
      guard unsafe firstFree < slots.count, let stream = listener.accept() else { return false }
      let index = firstFree
      take(index, stream, at: now)
      advance(index, at: now)
    }
    return true
  }

  /// When to look again.
  mutating func nextDeadline(at now: Instant) -> Instant? {
    if !wakes.isEmpty { return wakes.hasAwake ? now : earliest }
    var next: Instant?
    for index in unsafe slots.indices { next = unsafe Instant.earlier(next, slots[index].deadline) }
    return next
  }

  mutating func setDeadline(_ index: Int, _ deadline: Instant?) {
    unsafe slots[index].deadline = deadline
    earliest = Instant.earlier(earliest, deadline)
  }

  /// There is more to do at once, after the others had their turn.
  mutating func setBusy(_ index: Int, at now: Instant) {
    if wakes.isEmpty {
      unsafe slots[index].deadline = now
    } else {
      wakes.wake(index)
    }
  }

  /// Streams that tell nothing, answers that were put off and observations are looked at whatever happens.
  mutating func setAttention(_ index: Int) {
    guard !wakes.isEmpty else { return }
    let isAttended =
      unsafe !slots[index].isFree && (!slots[index].isWatched || slots[index].hasPromises)
    wakes.setAttended(index, isAttended)
  }

  /// Goes through all slots, which is seldom: not before the earliest deadline.
  private mutating func wakeDue(at now: Instant) {
    guard let earliest, earliest.isReached(at: now) else { return }
    self.earliest = nil
    for index in unsafe slots.indices {
      guard let deadline = unsafe slots[index].deadline else { continue }
      if deadline.isReached(at: now) {
        wakes.wake(index)
      } else {
        self.earliest = Instant.earlier(self.earliest, deadline)
      }
    }
  }
}
