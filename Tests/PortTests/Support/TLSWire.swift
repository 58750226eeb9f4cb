/// A TLS record as it goes over the wire.
struct TLSRecord: Equatable {
  let type: UInt8
  let content: [UInt8]

  static let alertType: UInt8 = 21
  static let handshakeType: UInt8 = 22
  static let dataType: UInt8 = 23

  /// The records of a direction; what does not make a record is left out.
  static func records(of wire: [UInt8]) -> [TLSRecord] {
    var found: [TLSRecord] = []
    var rest = wire[...]
    while rest.count >= 5 {
      let header = Array(rest.prefix(5))
      let count = Int(header[3]) << 8 | Int(header[4])
      guard rest.count >= 5 + count else { break }
      found.append(TLSRecord(type: header[0], content: Array(rest.dropFirst(5).prefix(count))))
      rest = rest.dropFirst(5 + count)
    }
    return found
  }
}

extension [UInt8] {
  /// Where it first differs from other bytes; nil when they are the same. Says less than all of both.
  func firstDifference(from other: [UInt8]) -> Int? {
    if self == other { return nil }
    return zip(self, other).enumerated().first { $0.element.0 != $0.element.1 }?.offset
      ?? Swift.min(count, other.count)
  }

  /// Whether these bytes stand somewhere in it.
  func contains(run: [UInt8]) -> Bool {
    guard run.count <= count else { return false }
    return (0...count - run.count).contains { self[$0..<$0 + run.count].elementsEqual(run) }
  }

  /// Bytes that differ from each other, so that a lost or doubled one shows.
  static func pattern(_ count: Int, seed: UInt32 = 1) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(truncatingIfNeeded: state >> 24)
    }
  }
}
