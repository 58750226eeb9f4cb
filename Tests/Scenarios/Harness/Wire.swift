import DeviceCore

/// One direction of a simulated transport: bytes under way, in order, of which a reader takes any part.
struct Wire {
  private var bytes: ByteStore
  /// The writer has closed its side.
  private(set) var isEnded = false
  private(set) var isEndTold = false

  /// - Parameter capacity: how much the transport takes before the writer has to wait.
  init(_ region: Region, capacity: Int) {
    bytes = ByteStore(region, capacity: capacity)
  }

  var isEmpty: Bool { bytes.isEmpty }

  /// - Returns: how many bytes were taken, at most `largest`.
  mutating func write(outputOf connection: borrowing Connection, largest: Int) -> Int {
    // Not min(a, b, c), which takes an array.
    let count = min(connection.pendingOutput.count, min(bytes.spaceCount, largest))
    bytes.append(firstOutputOf: connection, count)
    return count
  }

  mutating func end() { isEnded = true }

  /// Hands at most `largest` bytes to the reader, and the end of the stream behind the last one.
  ///
  /// - Returns: whether anything was handed over.
  mutating func read(into connection: inout Connection, largest: Int, at now: Instant) -> Bool {
    guard connection.wantsInput else { return false }
    guard !bytes.isEmpty else {
      guard isEnded && !isEndTold else { return false }
      isEndTold = true
      connection.receiveEnd(at: now)
      return true
    }
    let count = connection.receive(
      bytes.bytes.extracting(first: min(bytes.count, largest)), at: now)
    bytes.removeFirst(count)
    return count > 0
  }
}
